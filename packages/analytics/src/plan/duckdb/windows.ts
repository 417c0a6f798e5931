/** Window calls of DuckDB's plan JSON. */
import { AppError } from '@pappus/core';
import { apply, type Expression, type SortKey } from '../expression.ts';
import type { WindowCall } from '../node.ts';
import { expression, expressions, separated, sortKeys } from './expressions.ts';
import { asObject, asString, listAt, type Json, type JsonObject } from './json.ts';
import { quoteIdentifier } from '../../duckdb/quoting.ts';
import { typeSql } from './types.ts';

type Parts = (string | Expression)[];

export function windowCall(json: Json): WindowCall {
  const node = asObject(json);
  const partitions = expressions(listAt(node, 'partitions'));
  const over: Parts = [' OVER (', ...clause('PARTITION BY ', partitions.map((part) => [part])), ...clause('ORDER BY ', sortKeys(listAt(node, 'orders')).map(sortKeyParts)), ...frame(node), ')'];
  // sum_no_overflow is the optimiser's own; sum may come back wider.
  const type = typeSql(node['return_type']);
  const parts = node['name'] === 'sum_no_overflow' ? ['CAST(', ...functionParts(node), ...over, ` AS ${type})`] : [...functionParts(node), ...over];
  return { expression: apply('window', type, parts), partitions };
}

export const sortKeyParts = (key: SortKey): Parts => [key.expression, ` ${key.direction} ${key.nulls}`];

const clause = (keyword: string, items: readonly Parts[]): Parts =>
  items.length === 0 ? [] : [keyword, ...items.flatMap((item, index) => (index === 0 ? item : [', ', ...item])), ' '];

function functionParts(node: JsonObject): Parts {
  const args: Parts = expressions(listAt(node, 'children'));
  for (const key of ['offset_expr', 'default_expr']) {
    if (node[key] !== null && node[key] !== undefined) args.push(expression(node[key]));
  }
  const filter: Parts = node['filters'] === null || node['filters'] === undefined ? [] : [' FILTER (WHERE ', expression(node['filters']), ')'];
  const ignoreNulls = node['ignore_nulls'] === true ? ' IGNORE NULLS' : '';
  const orders = clause(' ORDER BY ', sortKeys(listAt(node, 'arg_orders')).map(sortKeyParts));
  const distinct = node['distinct'] === true ? 'DISTINCT ' : '';
  const name = functionName(node);
  if (name === 'count_star') return ['count(*)', ...filter];
  return [`${quoteIdentifier(name)}(${distinct}`, ...separated(args, ', '), ...orders, ignoreNulls, ')', ...filter];
}

const RANKING: ReadonlySet<string> = new Set([
  'WINDOW_ROW_NUMBER', 'WINDOW_RANK', 'WINDOW_RANK_DENSE', 'WINDOW_NTILE', 'WINDOW_PERCENT_RANK', 'WINDOW_CUME_DIST',
  'WINDOW_FIRST_VALUE', 'WINDOW_LAST_VALUE', 'WINDOW_NTH_VALUE', 'WINDOW_LEAD', 'WINDOW_LAG', 'WINDOW_FILL',
]);

function functionName(node: JsonObject): string {
  const kind = asString(node['type']);
  if (kind === 'WINDOW_AGGREGATE') {
    const data = node['function_data'];
    const plain = ['sum', 'avg', 'count', 'count_star', 'min', 'max', 'sum_no_overflow', 'bool_and', 'bool_or', 'first', 'last'];
    const name = asString(node['name']);
    if (data !== undefined && data !== null && Object.keys(asObject(data)).length > 0 && !plain.includes(name)) throw new AppError('unsupported', `the window aggregate ${name} with the details that DuckDB binds to it`);
    return name === 'sum_no_overflow' ? 'sum' : name;
  }
  if (!RANKING.has(kind)) throw new AppError('unsupported', `the window function ${kind}`);
  return kind === 'WINDOW_RANK_DENSE' ? 'dense_rank' : kind.slice('WINDOW_'.length).toLowerCase();
}

/** `ROWS BETWEEN … AND … EXCLUDE …` of boundaries such as EXPR_PRECEDING_ROWS and CURRENT_ROW_RANGE. */
function frame(node: JsonObject): Parts {
  const start = boundary(asString(node['start']), node['start_expr']);
  const end = boundary(asString(node['end']), node['end_expr']);
  const unit = start.unit ?? end.unit ?? 'RANGE';
  const exclude = exclusion(asString(node['exclude_clause']));
  return [`${unit} BETWEEN `, ...start.parts, ' AND ', ...end.parts, exclude];
}

function boundary(name: string, json: Json | undefined): { readonly unit: string | null; readonly parts: Parts } {
  if (name === 'UNBOUNDED_PRECEDING' || name === 'UNBOUNDED_FOLLOWING') return { unit: null, parts: [name.replace('_', ' ')] };
  const match = /^(CURRENT_ROW|EXPR_PRECEDING|EXPR_FOLLOWING)_(ROWS|RANGE|GROUPS)$/.exec(name);
  if (match === null) throw new AppError('unsupported', `the window boundary ${name}`);
  const [, kind, unit = null] = match;
  if (kind === 'CURRENT_ROW') return { unit, parts: ['CURRENT ROW'] };
  return { unit, parts: [expression(unit === 'RANGE' ? distance(json) : json), kind === 'EXPR_PRECEDING' ? ' PRECEDING' : ' FOLLOWING'] };
}

/** For RANGE DuckDB binds the boundary itself, `order key - distance`; SQL wants the distance. */
function distance(json: Json | undefined): Json {
  const boundaryValue = asObject(json);
  const [, operand] = listAt(boundaryValue, 'children');
  if (operand === undefined || (boundaryValue['name'] !== '-' && boundaryValue['name'] !== '+')) throw new AppError('unsupported', 'a window frame by RANGE whose offset is not plain');
  return operand;
}

function exclusion(clauseName: string): string {
  switch (clauseName) {
    case 'NO_OTHER':
      return '';
    case 'CURRENT_ROW':
      return ' EXCLUDE CURRENT ROW';
    case 'GROUP':
      return ' EXCLUDE GROUP';
    case 'TIES':
      return ' EXCLUDE TIES';
    default:
      throw new AppError('unsupported', `the window exclusion ${clauseName}`);
  }
}
