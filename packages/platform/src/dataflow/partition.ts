/**
 * From complete sets to runs. Inputs that a `by` clause names are joined by key from left to right, and are one factor;
 * every other input is a factor of its own; the runs are the product of the factors, the last one turning fastest.
 * A side that a join leaves empty is an empty set of that run; a set that is empty and optional takes no part in its join. Runs are counted,
 * and made one at a time when somebody asks: a product may have far more of them than may run.
 */
import type { InputBinding, JoinKind, JoinStep } from '@pappus/composition';
import type { Item } from '../sets/item.ts';
import { ANY_PARTITIONS } from './limits.ts';

type Items = readonly Item[];

/** So many rows, made one at a time. */
interface Rows {
  readonly count: number;
  at(row: number): readonly Items[];
}

/** A factor: for each of its rows, the items of the inputs that it is about. */
interface Factor {
  readonly inputs: readonly number[];
  readonly rows: Rows;
}

const NOTHING: Items = [];

export interface Partitioned {
  readonly runs: number;
  /** By input, the items of one run. */
  at(run: number): readonly Items[];
}

const NO_RUNS: Partitioned = { runs: 0, at: () => [] };
const NO_ROWS: Rows = { count: 0, at: () => [] };

/** `sets` are the items of each input. An input that is empty and not optional means no run at all. */
export function partition(inputs: readonly InputBinding[], joins: readonly JoinStep[], sets: readonly Items[]): Partitioned {
  if (inputs.some(({ optional }, index) => !optional && sets[index]?.length === 0)) return NO_RUNS;
  const joined = new Set(joins.map(({ input }) => input));
  const factors: Factor[] = joins.length === 0 ? [] : [joinFactor(joins, sets)];
  inputs.forEach(({ distribution }, index) => {
    if (!joined.has(index)) factors.push({ inputs: [index], rows: listed(parts(distribution, sets[index] ?? NOTHING).map((items) => [items])) });
  });
  return product(factors, inputs.length);
}

/** An optional set without items is one partition without items. */
function parts(distribution: InputBinding['distribution'], items: Items): readonly Items[] {
  if (items.length === 0 || distribution === 'all') return [items];
  switch (distribution) {
    case 'each':
      return items.map((item) => [item]);
    case 'keyed':
      return [...byKey(items).values()];
    case 'anyEach':
      return bundled(items.map((item) => [item]));
    case 'anyKeyed':
      return bundled([...byKey(items).values()]);
  }
}

/** The smallest key first. */
const byKey = (items: Items): Map<number, Item[]> => new Map([...Map.groupBy(items, ({ key }) => key)].sort(([a], [b]) => a - b));

/** Neighbours together, in at most ANY_PARTITIONS bundles. */
function bundled(groups: readonly Items[]): readonly Items[] {
  const count = Math.min(groups.length, ANY_PARTITIONS);
  return Array.from({ length: count }, (_, index) => groups.slice(Math.floor((index * groups.length) / count), Math.floor(((index + 1) * groups.length) / count)).flat());
}

interface KeyedRow {
  readonly key: number;
  readonly sides: readonly Items[];
}

/** What is joined so far: rows that a cross join has made, which match nothing to the right, and then those that have a key. */
interface Joined {
  readonly crossed: Rows;
  readonly keyed: readonly KeyedRow[];
}

function joinFactor(joins: readonly JoinStep[], sets: readonly Items[]): Factor {
  let joined: Joined = { crossed: NO_ROWS, keyed: [] };
  joins.forEach(({ input, kind }, step) => {
    const groups = byKey(sets[input] ?? NOTHING);
    if (kind === null) joined = { crossed: NO_ROWS, keyed: [...groups].map(([key, items]) => ({ key, sides: [items] })) };
    else joined = groups.size === 0 ? besideNothing(joined) : kind === 'cross' ? crossJoin(joined, groups) : keyJoin(joined, groups, kind, step);
  });
  return { inputs: joins.map(({ input }) => input), rows: allOf(joined) };
}

const besideNothing = ({ crossed, keyed }: Joined): Joined => ({ crossed: widened(crossed), keyed: keyed.map(({ key, sides }) => ({ key, sides: [...sides, NOTHING] })) });

/** Rows by rows: counted, and made when somebody asks. */
function crossJoin(left: Joined, right: ReadonlyMap<number, Items>): Joined {
  const rows = allOf(left);
  const groups = [...right.values()];
  return { crossed: { count: rows.count * groups.length, at: (row) => [...rows.at(Math.floor(row / groups.length)), groups[row % groups.length] ?? NOTHING] }, keyed: [] };
}

/** As many rows as keys at the most, besides those that were crossed. */
function keyJoin({ crossed, keyed }: Joined, right: ReadonlyMap<number, Items>, kind: Exclude<JoinKind, 'cross'>, width: number): Joined {
  const keepsLeft = kind === 'left' || kind === 'full' || kind === 'outer';
  const rows: KeyedRow[] = [];
  const met = new Set<number>();
  for (const { key, sides } of keyed) {
    const items = right.get(key);
    if (items !== undefined) met.add(key);
    if (items !== undefined || keepsLeft) rows.push({ key, sides: [...sides, items ?? NOTHING] });
  }
  if (kind !== 'inner' && kind !== 'left') {
    const none = Array.from({ length: width }, () => NOTHING);
    for (const [key, items] of right) if (!met.has(key)) rows.push({ key, sides: [...none, items] });
  }
  return { crossed: keepsLeft ? widened(crossed) : NO_ROWS, keyed: rows };
}

const widened = ({ count, at }: Rows): Rows => ({ count, at: (row) => [...at(row), NOTHING] });
const listed = (rows: readonly (readonly Items[])[]): Rows => ({ count: rows.length, at: (row) => rows[row] ?? [] });
const allOf = ({ crossed, keyed }: Joined): Rows => ({ count: crossed.count + keyed.length, at: (row) => (row < crossed.count ? crossed.at(row) : (keyed[row - crossed.count]?.sides ?? [])) });

function product(factors: readonly Factor[], width: number): Partitioned {
  const runs = factors.reduce((count, { rows }) => count * rows.count, 1);
  const at = (run: number): readonly Items[] => {
    const bound: Items[] = Array.from({ length: width }, () => NOTHING);
    let rest = run;
    for (const { inputs, rows } of factors.toReversed()) {
      const row = rows.at(rest % rows.count);
      rest = Math.floor(rest / rows.count);
      inputs.forEach((input, side) => (bound[input] = row[side] ?? NOTHING));
    }
    return bound;
  };
  return { runs, at };
}
