/**
 * Makes a cut query whole again: references to what the cut removed become NULL of the same family, unread CTEs
 * and order keys without a column go. What this cannot repair, DuckDB refuses.
 */
import { unreachable } from '@pappus/core';
import {
  nullOf,
  outputNames,
  type Body,
  type Cte,
  type Expression,
  type Piece,
  type Query,
  type Relation,
  type Select,
} from './sql-tree.ts';

/** The column names behind each alias; null means a stored table, which has them all. */
type Aliases = ReadonlyMap<string, ReadonlySet<string> | null>;

export function repaired(query: Query): Query {
  const aliases = new Map<string, ReadonlySet<string> | null>();
  const read = new Set<string>();
  collectQuery(query, { aliases, read, ctes: new Map() });
  const used = { ...query, ctes: query.ctes.filter((cte) => read.has(cte.name)) };
  return repairQuery(used, aliases);
}

interface Collection {
  readonly aliases: Map<string, ReadonlySet<string> | null>;
  readonly read: Set<string>;
  readonly ctes: Map<string, ReadonlySet<string>>;
}

function collectQuery(query: Query, into: Collection): void {
  for (const cte of query.ctes) {
    collectQuery(cte.query, into);
    into.ctes.set(cte.name, new Set(outputNames(cte.query.body)));
  }
  collectBody(query.body, into);
}

function collectBody(body: Body, into: Collection): void {
  if (body.kind === 'set') {
    collectBody(body.left, into);
    collectBody(body.right, into);
  } else if (body.kind === 'select') {
    if (body.from !== null) collectRelation(body.from, into);
    for (const expression of expressionsOf(body)) collectExpression(expression, into);
  }
}

const expressionsOf = (select: Select): readonly Expression[] => [
  ...select.items.map((item) => item.expression),
  ...select.where,
  ...(select.grouping?.keys ?? []),
  ...select.having,
  ...select.qualify,
];

function collectExpression(expression: Expression, into: Collection): void {
  if (expression.kind !== 'template') return;
  for (const piece of expression.pieces) {
    if (typeof piece === 'string') continue;
    if (piece.kind === 'query') collectQuery(piece, into);
    else collectExpression(piece, into);
  }
}

function collectRelation(relation: Relation, into: Collection): void {
  switch (relation.kind) {
    case 'table':
      into.read.add(relation.name);
      into.aliases.set(relation.alias, into.ctes.get(relation.name) ?? null);
      break;
    case 'derived':
      collectQuery(relation.query, into);
      into.aliases.set(relation.alias, new Set(outputNames(relation.query.body)));
      break;
    case 'unnest':
      into.aliases.set(relation.alias, new Set([relation.column]));
      break;
    case 'join':
      collectRelation(relation.left, into);
      collectRelation(relation.right, into);
      for (const expression of relation.on) collectExpression(expression, into);
      break;
    default:
      unreachable(relation, 'relation');
  }
}

function repairQuery(query: Query, aliases: Aliases): Query {
  const width = outputNames(query.body).length;
  return {
    ...query,
    ctes: query.ctes.map((cte): Cte => ({ ...cte, query: repairQuery(cte.query, aliases) })),
    body: repairBody(query.body, aliases),
    order: query.order.filter((key) => key.column < width),
  };
}

function repairBody(body: Body, aliases: Aliases): Body {
  switch (body.kind) {
    case 'set':
      return { ...body, left: repairBody(body.left, aliases), right: repairBody(body.right, aliases) };
    case 'select':
      return repairSelect(body, aliases);
    case 'values':
    case 'recursion':
      return body;
    default:
      return unreachable(body, 'body');
  }
}

function repairSelect(select: Select, aliases: Aliases): Select {
  const keys = select.grouping?.keys.length ?? 0;
  const repair = (expression: Expression): Expression => repairExpression(expression, aliases, keys);
  return {
    ...select,
    items: select.items.map((item) => ({ ...item, expression: repair(item.expression) })),
    from: select.from === null ? null : repairRelation(select.from, aliases),
    where: select.where.map(repair),
    grouping: select.grouping === null ? null : { ...select.grouping, keys: select.grouping.keys.map(repair) },
    having: select.having.map(repair),
    qualify: select.qualify.map(repair),
  };
}

function repairRelation(relation: Relation, aliases: Aliases): Relation {
  switch (relation.kind) {
    case 'table':
      return relation;
    case 'derived':
      return { ...relation, query: repairQuery(relation.query, aliases) };
    case 'unnest':
      return { ...relation, list: repairExpression(relation.list, aliases, 0) };
    case 'join':
      return {
        ...relation,
        left: repairRelation(relation.left, aliases),
        right: repairRelation(relation.right, aliases),
        on: relation.on.map((one) => repairExpression(one, aliases, 0)),
      };
    default:
      return unreachable(relation, 'relation');
  }
}

function repairExpression(expression: Expression, aliases: Aliases, keys: number): Expression {
  switch (expression.kind) {
    case 'column': {
      const names = aliases.get(expression.alias);
      const there = names === null || names?.has(expression.name) === true;
      return there ? expression : nullOf(expression.family);
    }
    case 'key':
      return expression.index < keys ? expression : nullOf(expression.family);
    case 'template': {
      const pieces = expression.pieces.map((piece): Piece => {
        if (typeof piece === 'string') return piece;
        return piece.kind === 'query' ? repairQuery(piece, aliases) : repairExpression(piece, aliases, keys);
      });
      return { ...expression, pieces };
    }
    default:
      return unreachable(expression, 'expression');
  }
}
