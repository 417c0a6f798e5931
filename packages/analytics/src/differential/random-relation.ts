/** Random FROM clauses: tables, derived tables, CTEs, VALUES, and the joins between them. */
import { DATA_TABLES, rowCount, type DataTable } from './data-tables.ts';
import { asOfJoin } from './random-asof-join.ts';
import { joinCondition } from './random-join-condition.ts';
import type { CteSource, QueryMaker, QueryRequest } from './query-maker.ts';
import { leaf } from './random-scalar.ts';
import { columnSource, crossed, type Source, type SourceColumn } from './source.ts';
import type { Column, Family, JoinKind, Relation } from './sql-tree.ts';

/** Emptiness spreads through joins: a little goes a long way. */
const WEIGHTS: Readonly<Record<string, number>> = { facts: 2, people: 1.5, nulls: 0.4, lonely: 0.25, nothing: 0.2 };

type Bounds = Pick<QueryRequest, 'outer' | 'maxRows'>;

const JOIN_KINDS: readonly (readonly [number, JoinKind])[] = [
  [9, 'INNER'], [5, 'LEFT'], [3, 'RIGHT'], [3, 'FULL'], [3, 'SEMI'], [3, 'ANTI'], [1, 'CROSS'],
];

export function randomSource(maker: QueryMaker, bounds: Bounds): Source {
  const relations = maker.dice.weighted([[45, 1], [34, 2], [15, 3], [6, 4]] as const);
  let source = primary(maker, bounds);
  for (let count = 1; count < relations; count++) source = extended(maker, source, bounds, relations === 2);
  return source;
}

function primary(maker: QueryMaker, bounds: Bounds): Source {
  const { dice } = maker;
  if (maker.ctes.length > 0 && dice.chance(0.45)) return cteSource(maker, dice.pick(maker.ctes));
  if (dice.chance(0.16) && maker.spend()) return derived(maker, { ...bounds, families: null, outer: [], top: false }, false);
  if (dice.chance(0.03)) return valuesSource(maker);
  const fitting = DATA_TABLES.filter((data) => rowCount(data) <= bounds.maxRows);
  return tableSource(maker, dice.weighted(fitting.map((data) => [WEIGHTS[data.name] ?? 1, data] as const)));
}

function tableSource(maker: QueryMaker, data: DataTable): Source {
  const alias = maker.alias();
  maker.feature(`table:${data.name}`);
  const columns = data.columns.map(({ name, family, match }): SourceColumn => ({ kind: 'column', alias, name, family, match }));
  return { relation: { kind: 'table', name: data.name, alias }, columns, rows: Math.max(1, rowCount(data)) };
}

function cteSource(maker: QueryMaker, cte: CteSource): Source {
  const alias = maker.alias();
  maker.feature('relation:cte');
  const relation: Relation = { kind: 'table', name: cte.cte.name, alias };
  return columnSource(relation, alias, cte.columns, cte.rows);
}

function valuesSource(maker: QueryMaker): Source {
  const { dice } = maker;
  const families: readonly Family[] = ['integer', dice.pick(['text', 'date', 'decimal'])];
  const row = () => families.map((family) => leaf(maker, { columns: [], outer: [] }, family));
  const rows = Array.from({ length: dice.int(1, 5) }, row);
  const alias = maker.alias();
  maker.feature('relation:values');
  const relation: Relation = {
    kind: 'derived',
    query: { kind: 'query', ctes: [], body: { kind: 'values', rows }, order: [], limit: null },
    alias,
    lateral: false,
  };
  return columnSource(relation, alias, families.map((family, index) => ({ name: `c${index}`, family })), rows.length);
}

function derived(maker: QueryMaker, request: QueryRequest, lateral: boolean): Source {
  const made = maker.grammar.query(maker, request);
  const alias = maker.alias();
  maker.feature(lateral ? 'relation:lateral' : 'relation:derived');
  const relation: Relation = { kind: 'derived', query: made.query, alias, lateral };
  return columnSource(relation, alias, made.columns, made.rows);
}

/** One more join; the source as it was where every join tried would make too many rows. */
function extended(maker: QueryMaker, left: Source, bounds: Bounds, alone: boolean): Source {
  const { dice } = maker;
  const lists = left.columns.filter((column) => column.family === 'list');
  if (lists.length > 0 && dice.chance(0.35)) return unnested(maker, left, dice.pick(lists));
  if (left.rows <= 1000 && dice.chance(0.08) && maker.spend()) return lateral(maker, left);
  if (left.rows <= 5000 && dice.chance(0.04)) return asOfJoin(maker, left) ?? left;
  for (let attempt = 0; attempt < 4; attempt++) {
    const single = primary(maker, bounds);
    const right = dice.chance(0.08) ? extended(maker, single, bounds, false) : single;
    const kind = dice.weighted(JOIN_KINDS);
    const joined = join(maker, kind, left, right, alone && right === single);
    if (joined.rows <= bounds.maxRows) return joined;
  }
  return left;
}

function join(maker: QueryMaker, kind: JoinKind, left: Source, right: Source, alone: boolean): Source {
  if (kind === 'CROSS') {
    maker.feature('join:CROSS');
    return crossed(left, right, 'CROSS');
  }
  const condition = joinCondition(maker, kind, left, right, alone);
  maker.feature(`join:${kind}`);
  const relation: Relation = {
    kind: 'join', join: kind, left: left.relation, right: right.relation, on: condition.on, using: condition.using,
  };
  const inner = condition.rows;
  // A semi join keeps few rows, but its pairs take time.
  if (kind === 'SEMI' || kind === 'ANTI') return { relation, columns: left.columns, rows: Math.max(left.rows, inner / 20) };
  const kept = (kind === 'INNER' || kind === 'RIGHT' ? 0 : left.rows) + (kind === 'INNER' || kind === 'LEFT' ? 0 : right.rows);
  return { relation, columns: [...left.columns, ...right.columns], rows: inner + kept };
}

function unnested(maker: QueryMaker, left: Source, list: Column): Source {
  const alias = maker.alias();
  maker.feature('relation:unnest');
  const right: Relation = { kind: 'unnest', list, alias, column: 'element' };
  return crossed(left, columnSource(right, alias, [{ name: 'element', family: 'integer' }], 3), 'CROSS');
}

function lateral(maker: QueryMaker, left: Source): Source {
  const right = derived(maker, { families: null, outer: left.columns, maxRows: 400, top: false }, true);
  return crossed(left, { ...right, rows: 3 }, maker.dice.pick(['INNER', 'LEFT']));
}
