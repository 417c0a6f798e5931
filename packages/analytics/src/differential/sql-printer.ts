/** A random query's tree as SQL text. */
import { AssertionError, unreachable } from '@pappus/core';
import {
  outputNames,
  type Body,
  type Cte,
  type Expression,
  type Grouping,
  type Join,
  type OrderKey,
  type Piece,
  type Query,
  type Relation,
  type Select,
} from './sql-tree.ts';

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/;
const RESERVED: ReadonlySet<string> = new Set(['group', 'order', 'select', 'from', 'where', 'table', 'end']);

export const quoteName = (name: string): string =>
  PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

type Keys = readonly Expression[];

export function printQuery(query: Query): string {
  const ctes = query.ctes.map(printCte);
  const recursive = query.ctes.some((cte) => cte.query.body.kind === 'recursion') ? 'RECURSIVE ' : '';
  const prefix = ctes.length === 0 ? '' : `WITH ${recursive}${ctes.join(', ')} `;
  return `${prefix}${printBody(query.body)}${printOrder(query)}`;
}

function printCte(cte: Cte): string {
  const hint = cte.materialized === null ? '' : cte.materialized ? 'MATERIALIZED ' : 'NOT MATERIALIZED ';
  const names = outputNames(cte.query.body).map(quoteName);
  return `${cte.name}(${names.join(', ')}) AS ${hint}(${printRecursive(cte)})`;
}

function printRecursive(cte: Cte): string {
  const { body } = cte.query;
  if (body.kind !== 'recursion') return printQuery(cte.query);
  const union = body.all ? 'UNION ALL' : 'UNION';
  return `SELECT 1, 1 ${union} SELECT c0 + 1, (c1 * 3) % 17 FROM ${cte.name} WHERE c0 < ${body.steps}`;
}

/** With a limit (or DISTINCT ON) every column counts, so that ties are between equal rows only. */
function printOrder(query: Query): string {
  const first = query.body.kind === 'select' && query.body.distinct === 'first';
  const given = first ? query.order.filter((key) => key.column !== 0) : query.order;
  const named = new Set(given.map((key) => key.column));
  const others = outputNames(query.body).flatMap((_, column) => (named.has(column) ? [] : [String(column + 1)]));
  const keys = [
    ...(first ? others.slice(0, 1) : []),
    ...given.map(printOrderKey),
    ...(first ? others.slice(1) : query.limit === null ? [] : others),
  ];
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`;
  return query.limit === null ? order : `${order} ${query.limit}`;
}

const printOrderKey = (key: OrderKey): string =>
  `${key.column + 1}${key.descending ? ' DESC' : ''}${key.nulls === null ? '' : ` NULLS ${key.nulls}`}`;

function printBody(body: Body): string {
  switch (body.kind) {
    case 'select':
      return printSelect(body);
    case 'set': {
      const right = printBody(body.right);
      return `(${printBody(body.left)}) ${body.operator}${body.all ? ' ALL' : ''} (${right})`;
    }
    case 'values':
      return `VALUES ${body.rows.map((row) => `(${row.map((cell) => printExpression(cell, [])).join(', ')})`).join(', ')}`;
    case 'recursion':
      throw new AssertionError('a recursion outside of a CTE');
    default:
      return unreachable(body, 'body');
  }
}

function printSelect(select: Select): string {
  const keys = select.grouping?.keys ?? [];
  const items = select.items.map((item) => `${printExpression(item.expression, keys)} AS ${quoteName(item.name)}`);
  const on = select.distinct === 'first' ? `DISTINCT ON (${quoteName(select.items[0]?.name ?? '')}) ` : 'DISTINCT ';
  return [
    `SELECT ${select.distinct === null ? '' : on}${items.join(', ')}`,
    select.from === null ? '' : ` FROM ${printRelation(select.from)}`,
    printClause('WHERE', select.where, keys),
    select.grouping === null ? '' : printGrouping(select.grouping),
    printClause('HAVING', select.having, keys),
    printClause('QUALIFY', select.qualify, keys),
  ].join('');
}

const printClause = (word: string, conjuncts: readonly Expression[], keys: Keys): string =>
  conjuncts.length === 0 ? '' : ` ${word} ${conjuncts.map((one) => printExpression(one, keys)).join(' AND ')}`;

function printGrouping(grouping: Grouping): string {
  const keys = grouping.keys.map((key) => printExpression(key, []));
  if (keys.length === 0) return '';
  if (grouping.mode === 'plain') return ` GROUP BY ${keys.join(', ')}`;
  if (grouping.mode !== 'sets') return ` GROUP BY ${grouping.mode.toUpperCase()} (${keys.join(', ')})`;
  const sets = grouping.sets.map((set) => `(${set.map((index) => keys[index]).join(', ')})`);
  return ` GROUP BY GROUPING SETS (${sets.join(', ')})`;
}

function printRelation(relation: Relation): string {
  switch (relation.kind) {
    case 'table':
      return `${quoteName(relation.name)} AS ${relation.alias}`;
    case 'derived': {
      const names = outputNames(relation.query.body).map(quoteName).join(', ');
      return `${relation.lateral ? 'LATERAL ' : ''}(${printQuery(relation.query)}) AS ${relation.alias}(${names})`;
    }
    case 'unnest':
      return `unnest(${printExpression(relation.list, [])}) AS ${relation.alias}(${quoteName(relation.column)})`;
    case 'join':
      return printJoin(relation);
    default:
      return unreachable(relation, 'relation');
  }
}

function printJoin(join: Join): string {
  const right = join.right.kind === 'join' ? `(${printRelation(join.right)})` : printRelation(join.right);
  const pair = `${printRelation(join.left)} ${join.join} JOIN ${right}`;
  if (join.join === 'CROSS') return pair;
  if (join.using.length > 0) return `${pair} USING (${join.using.map(quoteName).join(', ')})`;
  const conjuncts = join.on.map((one) => printExpression(one, []));
  return `${pair} ON ${conjuncts.length === 0 ? 'true' : conjuncts.join(' AND ')}`;
}

function printExpression(expression: Expression, keys: Keys): string {
  switch (expression.kind) {
    case 'column':
      return `${expression.alias}.${quoteName(expression.name)}`;
    case 'key': {
      const key = keys[expression.index];
      return key === undefined ? 'NULL' : printExpression(key, []);
    }
    case 'template':
      return expression.pieces.map((piece) => printPiece(piece, keys)).join('');
    default:
      return unreachable(expression, 'expression');
  }
}

function printPiece(piece: Piece, keys: Keys): string {
  if (typeof piece === 'string') return piece;
  return piece.kind === 'query' ? `(${printQuery(piece)})` : printExpression(piece, keys);
}
