/**
 * Where the items of a run stand among those of their set: the places of the items that led to it, from the first set on.
 * Compared number by number, so that the order of a set does not depend on when its items were made.
 */
export type Order = readonly number[];

export function compareOrders(a: Order, b: Order): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The one that comes first; null stands for none. */
export function firstOrder(a: Order | null, b: Order | null): Order | null {
  if (a === null || b === null) return a ?? b;
  return compareOrders(a, b) <= 0 ? a : b;
}
