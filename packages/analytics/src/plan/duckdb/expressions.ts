/** Bound expressions of DuckDB 1.5's plan JSON, as expressions of our plan. What is unknown throws `unsupported`. */
import { AppError } from '@pappus/core';
import { apply, column, isVolatile, type Expression, type SortKey } from '../expression.ts';
import type { AggregateCall } from '../node.ts';
import { constantSql } from './constants.ts';
import { asArray, asIndex, asObject, asString, listAt, type Json, type JsonObject } from './json.ts';
import { quoteIdentifier, quoteText } from '../../duckdb/quoting.ts';
import { isNameable, structFields, typeSql } from './types.ts';

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
};

/** Functions whose value is not fixed by their arguments. */
const VOLATILE = new Set(['random', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'nextval', 'currval', 'setseed', 'get_current_timestamp', 'sleep_ms']);

/** Functions that depend on the session or on where they run, or that DuckDB makes for its own use only. */
const REFUSED = new Set(['getvariable', 'current_setting', 'txid_current', 'nextval', 'currval', 'setseed', 'in_search_path', 'current_query', 'getenv', 'write_log', 'combine', 'finalize']);

export function comparisonSql(json: Json | undefined): string {
  const name = asString(json);
  const sql = COMPARISONS[name];
  if (sql === undefined) throw new AppError('unsupported', `the comparison ${name}`);
  return sql;
}

/** `[a, ', ', b]` of `[a, b]`: parts of an `apply`. */
export function separated(items: readonly (string | Expression)[], separator: string): (string | Expression)[] {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

export const expressions = (json: readonly Json[]): Expression[] => json.map(expression);

export function expression(json: Json | undefined): Expression {
  const node = asObject(json);
  const type = (): string => typeSql(node['return_type']);
  switch (node['expression_class']) {
    case 'BOUND_REF':
      return column(asIndex(node['index']), type());
    case 'BOUND_CONSTANT':
      return apply('literal', typeSql(asObject(node['value'])['type']), [constantSql(node['value'])]);
    case 'BOUND_COMPARISON':
      return binary(comparisonSql(node['type']), 'BOOLEAN', expression(node['left']), expression(node['right']));
    case 'BOUND_CONJUNCTION':
      return conjunctionOf(node);
    case 'BOUND_BETWEEN':
      return between(node);
    case 'BOUND_CAST':
      return castOf(node, type());
    case 'BOUND_CASE':
      return caseOf(node, type());
    case 'BOUND_FUNCTION':
      return functionOf(node, type());
    case 'BOUND_OPERATOR':
      return operatorOf(node, type());
    default:
      throw new AppError('unsupported', `expressions of class ${String(node['expression_class'])}`);
  }
}

const binary = (operator: string, type: string, left: Expression, right: Expression): Expression =>
  apply(operator, type, ['(', left, ` ${operator} `, right, ')']);

function conjunctionOf(node: JsonObject): Expression {
  const word = node['type'] === 'CONJUNCTION_AND' ? 'AND' : 'OR';
  return apply(word.toLowerCase(), 'BOOLEAN', ['(', ...separated(expressions(asArray(node['children'])), ` ${word} `), ')']);
}

function between(node: JsonObject): Expression {
  const input = expression(node['input']);
  if (isVolatile(input)) throw new AppError('unsupported', 'BETWEEN over a volatile function');
  const low = binary(node['lower_inclusive'] === true ? '>=' : '>', 'BOOLEAN', input, expression(node['lower']));
  const high = binary(node['upper_inclusive'] === true ? '<=' : '<', 'BOOLEAN', input, expression(node['upper']));
  return apply('and', 'BOOLEAN', ['(', low, ' AND ', high, ')']);
}

function castOf(node: JsonObject, type: string): Expression {
  const child = expression(node['child']);
  if (!isNameable(type)) throw new AppError('unsupported', 'a cast to a row type without field names');
  return node['try_cast'] === true ? apply('try_cast', type, ['TRY_CAST(', child, ` AS ${type})`]) : apply('cast', type, ['CAST(', child, ` AS ${type})`]);
}

function caseOf(node: JsonObject, type: string): Expression {
  const checks = asArray(node['case_checks']).flatMap((check) => {
    const { when_expr: when, then_expr: then } = asObject(check);
    return [' WHEN ', expression(when), ' THEN ', expression(then)];
  });
  return apply('case', type, ['(CASE', ...checks, ' ELSE ', expression(node['else_expr']), ' END)']);
}

function functionOf(node: JsonObject, type: string): Expression {
  const name = asString(node['name']);
  const args = expressions(listAt(node, 'children'));
  if (REFUSED.has(name)) throw new AppError('unsupported', `the function ${name}`);
  if (/^[^a-zA-Z_]+$/.test(name)) return operatorFunction(name, type, args);
  if (name === 'struct_pack' || name === 'row') return structPack(node, type, args);
  if (hasBindData(node)) throw new AppError('unsupported', `the function ${name} with the details that DuckDB binds to it`);
  return apply(name, type, [`${quoteIdentifier(name)}(`, ...separated(args, ', '), ')'], VOLATILE.has(name));
}

/** Functions whose bind data follow from their arguments. */
const REBOUND: ReadonlySet<string> = new Set(['list_aggr', 'list_aggregate', 'array_aggr', 'array_aggregate', 'aggregate']);

/** DuckDB writes a function's own bind data only where arguments alone do not bring it back. */
function hasBindData(node: JsonObject): boolean {
  const data = node['function_data'];
  if (data === undefined || data === null) return false;
  const keys = Object.keys(asObject(data)).filter((key) => key !== 'variable_return_type');
  return keys.length > 0 && !REBOUND.has(asString(node['name']));
}

function operatorFunction(name: string, type: string, args: readonly Expression[]): Expression {
  const [first, second] = args;
  if (first !== undefined && second === undefined) return apply(name, type, ['(', `${name} `, first, ')']);
  if (first !== undefined && second !== undefined && args.length === 2) return apply(name, type, ['(', first, ` ${name} `, second, ')']);
  throw new AppError('unsupported', `the operator ${name} with ${args.length} operands`);
}

function structPack(node: JsonObject, type: string, args: readonly Expression[]): Expression {
  const names = structFields(asObject(asObject(node['return_type'])['type_info'])).map((field) => field.name);
  if (names.length !== args.length) throw new AppError('unsupported', 'a struct whose fields and values differ in number');
  if (names.includes('')) return apply('row', type, ['row(', ...separated(args, ', '), ')']);
  const entries = args.flatMap((arg, index) => [`${index === 0 ? '' : ', '}${quoteText(names[index] ?? '')}: `, arg]);
  return apply('struct_pack', type, ['{', ...entries, '}']);
}

function operatorOf(node: JsonObject, type: string): Expression {
  const [first, ...rest] = expressions(asArray(node['children']));
  const kind = asString(node['type']);
  if (first === undefined) throw new AppError('unsupported', `${kind} without operands`);
  switch (kind) {
    case 'OPERATOR_NOT':
      return apply('not', type, ['(NOT ', first, ')']);
    case 'OPERATOR_IS_NULL':
      return apply('is null', type, ['(', first, ' IS NULL)']);
    case 'OPERATOR_IS_NOT_NULL':
      return apply('is not null', type, ['(', first, ' IS NOT NULL)']);
    case 'OPERATOR_COALESCE':
      return apply('coalesce', type, ['coalesce(', ...separated([first, ...rest], ', '), ')']);
    case 'COMPARE_IN':
      return apply('in', type, ['(', first, ' IN (', ...separated(rest, ', '), '))']);
    case 'COMPARE_NOT_IN':
      return apply('not in', type, ['(', first, ' NOT IN (', ...separated(rest, ', '), '))']);
    case 'OPERATOR_TRY':
      return apply('try', type, ['TRY(', first, ')']);
    default:
      throw new AppError('unsupported', `the operator ${kind}`);
  }
}

export function sortKeys(json: readonly Json[]): SortKey[] {
  return json.map((item) => {
    const order = asObject(item);
    const nulls = asString(order['null_order']).replace('_', ' ');
    if (nulls !== 'NULLS FIRST' && nulls !== 'NULLS LAST') throw new AppError('unsupported', `the order ${nulls}`);
    return { expression: expression(order['expression']), direction: order['type'] === 'DESCENDING' ? 'DESC' : 'ASC', nulls };
  });
}

export function aggregateCall(json: Json): AggregateCall {
  const node = asObject(json);
  const name = asString(node['name']);
  if (node['expression_class'] !== 'BOUND_AGGREGATE') throw new AppError('unsupported', `aggregates of class ${String(node['expression_class'])}`);
  const orders = node['order_bys'] === null || node['order_bys'] === undefined ? [] : sortKeys(listAt(asObject(node['order_bys']), 'orders'));
  const filter = node['filter'] === null || node['filter'] === undefined ? null : expression(node['filter']);
  const args = expressions(listAt(node, 'children'));
  return { name, args: boundArguments(name, node, args), distinct: node['aggregate_type'] === 'DISTINCT', filter, orders, type: typeSql(node['return_type']) };
}

/** Binding takes constant arguments away into bind data; they are put back as literals. */
function boundArguments(name: string, node: JsonObject, args: readonly Expression[]): readonly Expression[] {
  const data = node['function_data'];
  if (data === undefined || data === null || Object.keys(asObject(data)).length === 0) return args;
  const details = asObject(data);
  if ((name === 'string_agg' || name === 'group_concat') && typeof details['separator'] === 'string') {
    return [...args, apply('literal', 'VARCHAR', [quoteText(details['separator'])])];
  }
  if (QUANTILES.has(name)) return [...args, ...quantileArgument(name, details)];
  if (['sum', 'avg', 'sum_no_overflow'].includes(name)) return args;
  throw new AppError('unsupported', `the aggregate ${name} with the details that DuckDB binds to it`);
}

const QUANTILES: ReadonlySet<string> = new Set(['quantile_disc', 'quantile_cont', 'median']);

function quantileArgument(name: string, details: JsonObject): Expression[] {
  if (name === 'median') return [];
  const [quantile, ...more] = listAt(details, 'quantiles');
  if (quantile === undefined || more.length > 0 || details['desc'] === true) throw new AppError('unsupported', `${name} of several or descending quantiles`);
  return [apply('literal', typeSql(asObject(quantile)['type']), [constantSql(quantile)])];
}
