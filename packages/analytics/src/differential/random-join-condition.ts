/** Random ON and USING clauses, with an estimate of the pairs that they let through. */
import type { QueryMaker } from './query-maker.ts';
import type { Source, SourceColumn } from './source.ts';
import { sql, type Column, type Expression, type Family, type JoinKind } from './sql-tree.ts';

export interface JoinCondition {
  readonly on: readonly Expression[];
  readonly using: readonly string[];
  readonly rows: number;
}

type Pair = readonly [left: SourceColumn, right: SourceColumn];

const KEY_FAMILIES: readonly Family[] = ['integer', 'integer', 'integer', 'text', 'text', 'date', 'decimal', 'double', 'boolean'];
/** NULL never equals NULL, but columns that are nearly all NULL must not be joined with IS NOT DISTINCT FROM. */
const NULL_HEAVY: ReadonlySet<string> = new Set(['never', 'k2', 'k1', 'day', 'price', 'name']);

export function joinCondition(maker: QueryMaker, kind: JoinKind, left: Source, right: Source, alone: boolean): JoinCondition {
  const { dice } = maker;
  const pairs = left.rows * right.rows;
  const keys = keyPairs(maker, left, right);
  const [first] = keys;
  const shared = keys.filter(([one, other]) => one.name === other.name);
  if (alone && shared.length > 0 && dice.chance(0.2)) return using(maker, shared, pairs);
  if (first === undefined || (pairs <= 20_000 && kind !== 'FULL' && dice.chance(0.1))) return inequality(maker, left, right, pairs);
  const count = dice.weighted([[9, 1], [2, 2], [0.3, 3]] as const);
  const chosen = keys.slice(0, count);
  if (chosen.length > 1) maker.feature('join:several keys');
  const rows = chosen.reduce((product, pair) => product * matchOf(pair), pairs);
  const nullSafe = dice.chance(0.08) && !chosen.some(([one]) => NULL_HEAVY.has(one.name));
  const on = chosen.map((pair) => equality(maker, pair, nullSafe));
  if (!dice.chance(0.15)) return { on, using: [], rows };
  maker.feature('join:residual');
  return { on: [...on, residual(maker, left, right)], using: [], rows };
}

const matchOf = ([left, right]: Pair): number => Math.max(left.match, right.match);

/** Pairs of columns of one family, those of the same name first. */
function keyPairs(maker: QueryMaker, left: Source, right: Source): readonly Pair[] {
  const { dice } = maker;
  const pairs: Pair[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    const family = dice.pick(KEY_FAMILIES);
    const ours = left.columns.filter((column) => column.family === family);
    const theirs = right.columns.filter((column) => column.family === family);
    if (ours.length === 0 || theirs.length === 0) continue;
    const one = dice.pick(ours);
    const same = theirs.find((column) => column.name === one.name);
    pairs.push([one, same !== undefined && dice.chance(0.7) ? same : dice.pick(theirs)]);
  }
  return pairs;
}

function using(maker: QueryMaker, shared: readonly Pair[], pairs: number): JoinCondition {
  maker.feature('join:USING');
  const names = [...new Set(shared.slice(0, maker.dice.int(1, 2)).map(([left]) => left.name))];
  return { on: [], using: names, rows: pairs * matchOf(shared[0] as Pair) };
}

function equality(maker: QueryMaker, [left, right]: Pair, nullSafe: boolean): Expression {
  if (nullSafe) {
    maker.feature('join:IS NOT DISTINCT FROM');
    return sql('boolean')`(${left} IS NOT DISTINCT FROM ${right})`;
  }
  if (left.family === 'integer' && maker.dice.chance(0.1)) {
    maker.feature('join:expression key');
    return sql('boolean')`(${left} = ${right} + 1)`;
  }
  return sql('boolean')`(${left} = ${right})`;
}

function inequality(maker: QueryMaker, left: Source, right: Source, pairs: number): JoinCondition {
  maker.feature('join:inequality');
  const on = residual(maker, left, right);
  const range = maker.dice.chance(0.3) ? [residual(maker, left, right)] : [];
  return { on: [on, ...range], using: [], rows: pairs };
}

/** A comparison of a column of each side, or a disjunction with one. */
function residual(maker: QueryMaker, left: Source, right: Source): Expression {
  const { dice } = maker;
  const ours = dice.pick(left.columns);
  const theirs: readonly Column[] = right.columns.filter((column) => column.family === ours.family);
  if (theirs.length === 0) return maker.grammar.predicate(maker, { columns: right.columns, outer: [] }, 1, false);
  const compare = sql('boolean')`(${ours} ${dice.pick(['<', '<=', '>', '>=', '<>'])} ${dice.pick(theirs)})`;
  if (!dice.chance(0.25)) return compare;
  return sql('boolean')`(${compare} OR ${maker.grammar.predicate(maker, { columns: left.columns, outer: [] }, 0, false)})`;
}
