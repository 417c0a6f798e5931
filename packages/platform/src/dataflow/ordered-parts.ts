/** Parts of a set that come in any order and leave in that of their items: a binary heap. */
import { compareOrders } from './order.ts';
import type { Part } from './set-state.ts';

export class OrderedParts {
  readonly #heap: Part[] = [];

  get size(): number {
    return this.#heap.length;
  }

  first(): Part | null {
    return this.#heap[0] ?? null;
  }

  /** Parts that come in their order stay where they are put. */
  push(part: Part): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(part);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Part;
      if (compareOrders(parent.order, part.order) <= 0) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = part;
  }

  /** Takes the first one out. */
  shift(): Part | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (first !== last) this.#sink(last);
    return first;
  }

  /** In no order. */
  all(): readonly Part[] {
    return [...this.#heap];
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** Puts a part into the place of the first one. */
  #sink(part: Part): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && compareOrders((heap[below + 1] as Part).order, (heap[below] as Part).order) < 0) below += 1;
      const child = heap[below] as Part;
      if (compareOrders(part.order, child.order) <= 0) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = part;
  }
}
