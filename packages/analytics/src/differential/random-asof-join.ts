/** ASOF joins. Their right side has one row for each pair of keys, so that the nearest row is certain. */
import { columnsOf, type QueryMaker } from './query-maker.ts';
import { columnSource, type Source } from './source.ts';
import { emptySelect, queryOf, sql, type Column, type Relation } from './sql-tree.ts';

export function asOfJoin(maker: QueryMaker, left: Source): Source | null {
  const { dice } = maker;
  const dates = columnsOf({ columns: left.columns, outer: [] }, 'date');
  const keys = columnsOf({ columns: left.columns, outer: [] }, 'integer');
  if (dates.length === 0 || keys.length === 0) return null;
  const kind = dice.pick(['ASOF', 'ASOF LEFT'] as const);
  maker.feature(`join:${kind}`);
  const alias = maker.alias();
  const right = columnSource(nearest(maker, alias), alias, [
    { name: 'key', family: 'integer' }, { name: 'day', family: 'date' }, { name: 'most', family: 'integer' },
  ], 300);
  const [key, day] = right.columns as readonly Column[] as readonly [Column, Column];
  const probe = dice.pick(keys);
  // Never NULL: DuckDB 1.5 lets a NULL find a partner in one of its two ways to join so, and not in the other.
  const moment = sql('date')`coalesce(${dice.pick(dates)}, DATE '2020-03-15')`;
  const on = [sql('boolean')`(${probe} = ${key})`, sql('boolean')`(${moment} ${dice.pick(['>=', '>', '<'])} ${day})`];
  const relation: Relation = { kind: 'join', join: kind, left: left.relation, right: right.relation, on, using: [] };
  return { relation, columns: [...left.columns, ...right.columns], rows: left.rows };
}

function nearest(maker: QueryMaker, alias: string): Relation {
  const inner = maker.alias();
  const column = (name: string, family: Column['family']): Column => ({ kind: 'column', family, alias: inner, name });
  const query = queryOf({
    ...emptySelect,
    items: [
      { name: 'key', expression: { kind: 'key', family: 'integer', index: 0 } },
      { name: 'day', expression: { kind: 'key', family: 'date', index: 1 } },
      { name: 'most', expression: sql('integer')`max(${column('id', 'integer')})` },
    ],
    from: { kind: 'table', name: maker.dice.pick(['facts', 'people']), alias: inner },
    grouping: { keys: [column('k1', 'integer'), column('day', 'date')], mode: 'plain', sets: [] },
  });
  return { kind: 'derived', query, alias, lateral: false };
}
