/** Every way to make a random query smaller by one cut. */
import { unreachable } from '@pappus/core';
import { repaired } from './sql-repair.ts';
import {
  nullOf,
  outputNames,
  type Body,
  type Expression,
  type Grouping,
  type Join,
  type Query,
  type Relation,
  type Select,
  type SetOperation,
  type Template,
} from './sql-tree.ts';

export function* cutsOf(query: Query): Generator<Query> {
  for (const cut of queryCuts(query)) yield repaired(cut);
  for (const inner of innerQueries(query.body)) yield repaired({ ...inner, ctes: query.ctes });
  for (const cte of query.ctes) {
    const others = query.ctes.filter((one) => one !== cte);
    if (cte.query.body.kind !== 'recursion') yield repaired({ ...cte.query, ctes: others });
  }
}

function* queryCuts(query: Query): Generator<Query> {
  for (const body of bodyCuts(query.body)) yield { ...query, body };
  for (const order of without(query.order)) yield { ...query, order };
  if (query.limit !== null) yield { ...query, limit: null };
  for (const ctes of replaced(query.ctes, function* (cte) {
    for (const cut of queryCuts(cte.query)) yield { ...cte, query: cut };
    if (cte.materialized !== null) yield { ...cte, materialized: null };
  })) {
    yield { ...query, ctes };
  }
}

/** The queries inside a body, one level down or deeper. */
function* innerQueries(body: Body): Generator<Query> {
  if (body.kind === 'set') {
    yield* innerQueries(body.left);
    yield* innerQueries(body.right);
  } else if (body.kind === 'select') {
    if (body.from !== null) yield* relationQueries(body.from);
    for (const expression of [...body.items.map((item) => item.expression), ...body.where]) yield* expressionQueries(expression);
  }
}

function* relationQueries(relation: Relation): Generator<Query> {
  if (relation.kind === 'derived' && relation.query.body.kind !== 'values') {
    yield relation.query;
    yield* innerQueries(relation.query.body);
  } else if (relation.kind === 'join') {
    yield* relationQueries(relation.left);
    yield* relationQueries(relation.right);
  }
}

function* expressionQueries(expression: Expression): Generator<Query> {
  if (expression.kind !== 'template') return;
  for (const piece of expression.pieces) {
    if (typeof piece === 'string') continue;
    if (piece.kind !== 'query') yield* expressionQueries(piece);
    else {
      yield piece;
      yield* innerQueries(piece.body);
    }
  }
}

function* bodyCuts(body: Body): Generator<Body> {
  switch (body.kind) {
    case 'select':
      yield* selectCuts(body);
      break;
    case 'set':
      yield* setCuts(body);
      break;
    case 'values':
      for (const rows of without(body.rows)) if (rows.length > 0) yield { ...body, rows };
      break;
    case 'recursion':
      break;
    default:
      unreachable(body, 'body');
  }
}

function* setCuts(body: SetOperation): Generator<Body> {
  yield body.left;
  yield body.right;
  for (const left of bodyCuts(body.left)) yield { ...body, left };
  for (const right of bodyCuts(body.right)) yield { ...body, right };
  for (const column of outputNames(body).keys()) yield withoutColumn(body, column);
}

/** The same column leaves both sides. */
function withoutColumn(body: Body, column: number): Body {
  switch (body.kind) {
    case 'set':
      return { ...body, left: withoutColumn(body.left, column), right: withoutColumn(body.right, column) };
    case 'select':
      return { ...body, items: body.items.filter((_, index) => index !== column) };
    case 'values':
    case 'recursion':
      return body;
    default:
      return unreachable(body, 'body');
  }
}

function* selectCuts(select: Select): Generator<Body> {
  if (select.distinct !== null) yield { ...select, distinct: null };
  for (const items of without(select.items)) if (items.length > 0) yield { ...select, items };
  for (const where of cutList(select.where)) yield { ...select, where };
  for (const having of cutList(select.having)) yield { ...select, having };
  for (const qualify of without(select.qualify)) yield { ...select, qualify };
  if (select.from !== null) for (const from of relationCuts(select.from)) yield { ...select, from };
  if (select.grouping !== null) yield* groupingCuts(select, select.grouping);
  const cutItems = replaced(select.items, function* (item) {
    for (const expression of expressionCuts(item.expression)) yield { ...item, expression };
  });
  for (const items of cutItems) yield { ...select, items };
}

function* groupingCuts(select: Select, grouping: Grouping): Generator<Body> {
  yield { ...select, grouping: null };
  if (grouping.mode !== 'plain') yield { ...select, grouping: { ...grouping, mode: 'plain' } };
  for (const sets of without(grouping.sets)) {
    if (grouping.mode === 'sets' && sets.length > 0) yield { ...select, grouping: { ...grouping, sets } };
  }
  if (grouping.mode === 'sets' || grouping.keys.length < 2) return;
  for (const dropped of grouping.keys.keys()) {
    const keys = grouping.keys.filter((_, index) => index !== dropped);
    const move = (expression: Expression): Expression => moveKeys(expression, dropped);
    const items = select.items.map((item) => ({ ...item, expression: move(item.expression) }));
    yield { ...select, items, having: select.having.map(move), grouping: { ...grouping, keys } };
  }
}

/** Key references after one key is gone. */
function moveKeys(expression: Expression, dropped: number): Expression {
  if (expression.kind === 'column') return expression;
  if (expression.kind === 'key') {
    if (expression.index === dropped) return nullOf(expression.family);
    return expression.index > dropped ? { ...expression, index: expression.index - 1 } : expression;
  }
  const pieces = expression.pieces.map((piece) => (typeof piece === 'string' || piece.kind === 'query' ? piece : moveKeys(piece, dropped)));
  return { ...expression, pieces };
}

function* relationCuts(relation: Relation): Generator<Relation> {
  if (relation.kind === 'derived') for (const query of queryCuts(relation.query)) yield { ...relation, query };
  if (relation.kind === 'join') yield* joinCuts(relation);
}

function* joinCuts(join: Join): Generator<Relation> {
  yield join.left;
  yield join.right;
  for (const left of relationCuts(join.left)) yield { ...join, left };
  for (const right of relationCuts(join.right)) yield { ...join, right };
  for (const using of without(join.using)) if (using.length > 0) yield { ...join, using };
  if (!join.join.startsWith('ASOF')) for (const on of cutList(join.on)) yield { ...join, on };
}

function* expressionCuts(expression: Expression): Generator<Expression> {
  if (expression.kind !== 'template') return;
  yield nullOf(expression.family);
  if (expression.atomic === true) return;
  for (const piece of expression.pieces) {
    if (typeof piece !== 'string' && piece.kind !== 'query' && piece.family === expression.family) yield piece;
  }
  yield* pieceCuts(expression);
}

function* pieceCuts(whole: Template): Generator<Expression> {
  const cut = replaced(whole.pieces, function* (piece) {
    if (typeof piece === 'string') return;
    yield* piece.kind === 'query' ? queryCuts(piece) : expressionCuts(piece);
  });
  for (const pieces of cut) yield { ...whole, pieces };
}

/** Expressions with one left out, or one cut. */
function* cutList(expressions: readonly Expression[]): Generator<readonly Expression[]> {
  yield* without(expressions);
  yield* replaced(expressions, expressionCuts);
}

function* without<T>(list: readonly T[]): Generator<readonly T[]> {
  for (const dropped of list.keys()) yield list.filter((_, index) => index !== dropped);
}

function* replaced<T>(list: readonly T[], cuts: (element: T) => Generator<T>): Generator<readonly T[]> {
  for (const [at, element] of list.entries()) {
    for (const cut of cuts(element)) yield list.map((one, index) => (index === at ? cut : one));
  }
}
