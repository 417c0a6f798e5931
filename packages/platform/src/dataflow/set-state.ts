/** A set of a running invocation: the parts that runs have made of it, until its readers are done with it. */
import type { Item } from '../sets/item.ts';
import { compareOrders, type Order } from './order.ts';
import { OrderedParts } from './ordered-parts.ts';

/** What one run has put into a set. */
export interface Part {
  /** Where its items stand among those of the set. */
  readonly order: Order;
  readonly items: readonly Item[];
  /** 0 for what the client holds itself. */
  readonly bytes: number;
  /** It came from the client. */
  readonly sent: boolean;
  /** Those who still need it. */
  holders: number;
}

export class SetState {
  /** Somebody reads it as a whole, or it is an output that is handed over as a whole. */
  readonly kept: boolean;
  /** Of an output that leaves item by item: what waits for its turn. */
  readonly leaving: OrderedParts | null;
  /** Applications that are not done with it. */
  openReaders: number;
  complete = false;
  items = 0;
  /** Parts that the client has put in. */
  added = 0;
  #parts: Part[] = [];

  constructor(kept: boolean, leaves: boolean, readers: number) {
    this.kept = kept;
    this.leaving = leaves ? new OrderedParts() : null;
    this.openReaders = readers;
  }

  add(part: Part): void {
    this.items += part.items.length;
    if (this.leaving !== null) {
      part.holders++;
      this.leaving.push(part);
    }
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
