/**
 * Joins of keyed sets, as a `by` clause asks for them. Rows stand in the order of their keys; the items of a set that
 * share a key stay in the order of the set.
 *
 *   inner  keys that both sides have        left   keys of what stands to the left
 *   right  keys of the new set              full   keys of either (`outer` is the same)
 *
 * A side that has nothing for a row's key is empty in it. An empty optional set takes no part in the join: it is empty in
 * every row, as the public reference has it. If nothing is left to the left of an `inner` or `left`, there are no rows.
 */
import type { JoinKind } from '@pappus/composition';
import type { Item } from '../sets/item.ts';

export type Items = readonly Item[];

export const NO_ITEMS: Items = [];

/** One set of a chain. */
export interface JoinMember {
  readonly items: Items;
  /** How it joins what stands to its left; null for the first. */
  readonly kind: Exclude<JoinKind, 'cross'> | null;
}

/** By member, its items in this row. */
export type JoinRow = readonly Items[];

type Groups = Map<number, Items>;

export function joinByKey(members: readonly JoinMember[]): readonly JoinRow[] {
  const groups = members.map(({ items }) => groupByKey(items));
  const keys = joinedKeys(members, groups);
  if (keys === null) return [members.map(() => NO_ITEMS)];
  const ordered = Uint32Array.from(keys).sort();
  return Array.from(ordered, (key) => groups.map((group) => group.get(key) ?? NO_ITEMS));
}

/** The keys of the rows; null when every set is empty and optional. */
function joinedKeys(members: readonly JoinMember[], groups: readonly Groups[]): ReadonlySet<number> | null {
  let left: ReadonlySet<number> | null = null;
  for (const [index, group] of groups.entries()) {
    if (group.size === 0) continue;
    left = combine(left ?? new Set(), members[index]?.kind ?? null, new Set(group.keys()));
  }
  return left;
}

function combine(left: ReadonlySet<number>, kind: JoinMember['kind'], right: ReadonlySet<number>): ReadonlySet<number> {
  switch (kind) {
    case 'inner':
      return left.intersection(right);
    case 'left':
      return left;
    case 'full':
    case 'outer':
      return left.union(right);
    case 'right':
    case null:
      return right;
  }
}

function groupByKey(items: Items): Groups {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(item.key);
    if (group === undefined) groups.set(item.key, [item]);
    else group.push(item);
  }
  return groups;
}
