/**
 * From complete sets to runs. Inputs that a `by` clause names are joined by key from left to right, and are one factor;
 * every other input is a factor of its own; the runs are the product of the factors, the last one turning fastest.
 * A side that a join leaves empty is an empty set of that run; a set that is empty and optional takes no part in its join. Runs are made one at a time, when somebody asks.
 */
import type { InputBinding, JoinKind, JoinStep } from '@pappus/composition';
import type { Item } from '../sets/item.ts';
import { ANY_PARTITIONS } from './limits.ts';

type Items = readonly Item[];

/** A factor: for each of its rows, the items of the inputs that it is about. */
interface Factor {
  readonly inputs: readonly number[];
  readonly rows: readonly (readonly Items[])[];
}

const NOTHING: Items = [];

export interface Partitioned {
  readonly runs: number;
  /** By input, the items of one run. */
  at(run: number): readonly Items[];
}

const NO_RUNS: Partitioned = { runs: 0, at: () => [] };

/** `sets` are the items of each input. An input that is empty and not optional means no run at all. */
export function partition(inputs: readonly InputBinding[], joins: readonly JoinStep[], sets: readonly Items[]): Partitioned {
  if (inputs.some(({ optional }, index) => !optional && sets[index]?.length === 0)) return NO_RUNS;
  const joined = new Set(joins.map(({ input }) => input));
  const factors: Factor[] = joins.length === 0 ? [] : [joinFactor(joins, sets)];
  inputs.forEach(({ distribution }, index) => {
    if (!joined.has(index)) factors.push({ inputs: [index], rows: parts(distribution, sets[index] ?? NOTHING).map((items) => [items]) });
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

interface JoinRow {
  /** Null where the rows to the left had no common key any more, after a cross join. */
  readonly key: number | null;
  readonly sides: readonly Items[];
}

function joinFactor(joins: readonly JoinStep[], sets: readonly Items[]): Factor {
  let rows: readonly JoinRow[] = [];
  joins.forEach(({ input, kind }, step) => {
    const groups = byKey(sets[input] ?? NOTHING);
    rows = kind === null ? [...groups].map(([key, items]) => ({ key, sides: [items] })) : joinRows(rows, groups, kind, step);
  });
  return { inputs: joins.map(({ input }) => input), rows: rows.map(({ sides }) => sides) };
}

function joinRows(left: readonly JoinRow[], right: ReadonlyMap<number, Items>, kind: JoinKind, width: number): readonly JoinRow[] {
  if (right.size === 0) return left.map(({ key, sides }) => ({ key, sides: [...sides, NOTHING] }));
  if (kind === 'cross') return left.flatMap(({ sides }) => [...right.values()].map((items) => ({ key: null, sides: [...sides, items] })));
  const rows: JoinRow[] = [];
  const met = new Set<number>();
  for (const { key, sides } of left) {
    const items = key === null ? undefined : right.get(key);
    if (key !== null && items !== undefined) met.add(key);
    if (items !== undefined || kind === 'left' || kind === 'full' || kind === 'outer') rows.push({ key, sides: [...sides, items ?? NOTHING] });
  }
  if (kind === 'inner' || kind === 'left') return rows;
  const none = Array.from({ length: width }, () => NOTHING);
  for (const [key, items] of right) if (!met.has(key)) rows.push({ key, sides: [...none, items] });
  return rows;
}

function product(factors: readonly Factor[], width: number): Partitioned {
  const runs = factors.reduce((count, { rows }) => count * rows.length, 1);
  const at = (run: number): readonly Items[] => {
    const bound: Items[] = Array.from({ length: width }, () => NOTHING);
    let rest = run;
    for (const { inputs, rows } of factors.toReversed()) {
      const row = rows[rest % rows.length] ?? [];
      rest = Math.floor(rest / rows.length);
      inputs.forEach((input, side) => (bound[input] = row[side] ?? NOTHING));
    }
    return bound;
  };
  return { runs, at };
}
