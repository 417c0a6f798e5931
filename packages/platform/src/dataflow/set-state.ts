/** A set of a running invocation: the parts that runs have made of it, until its readers are done with it. */
import type { Item } from '../sets/item.ts';

/** What one run has put into a set. */
export interface Part {
  /** Where its items stand among those of the set; compared number by number. */
  readonly order: readonly number[];
  readonly items: readonly Item[];
  /** 0 for what the client holds itself. */
  readonly bytes: number;
  /** Those who still need it. */
  holders: number;
}

export class SetState {
  /** Somebody reads it as a whole, or it is an output. */
  readonly kept: boolean;
  /** Applications that are not done with it. */
  openReaders: number;
  complete = false;
  items = 0;
  #parts: Part[] = [];

  constructor(kept: boolean, readers: number) {
    this.kept = kept;
    this.openReaders = readers;
  }

  add(part: Part): void {
    this.items += part.items.length;
    if (!this.kept) return;
    part.holders++;
    this.#parts.push(part);
  }

  /** All items, in an order that does not depend on when they were made. */
  whole(): readonly Item[] {
    if (this.#parts.length === 1) return this.#parts[0]?.items ?? [];
    return this.#parts.sort((a, b) => compareOrders(a.order, b.order)).flatMap(({ items }) => items);
  }

  /** Lets its parts go. */
  release(): readonly Part[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }
}

function compareOrders(a: readonly number[], b: readonly number[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
