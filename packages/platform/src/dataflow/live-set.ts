/**
 * Those that are under way now, when thousands come and go each second. A `Set` would do, but for the garbage collector:
 * it gets a new table again and again, each old table points to the next one, and once one of them has become old, so does
 * everything that the following ones ever held, until the next full collection. This took a third of the time.
 */
import { assert } from '@pappus/core';

export interface LiveEntry {
  /** Where it stands in its live set; -1 outside. The set's own. */
  slot: number;
}

export class LiveSet<T extends LiveEntry> {
  readonly #entries: T[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(entry: T): void {
    assert(entry.slot === -1, 'an entry is in one live set, once');
    entry.slot = this.#entries.length;
    this.#entries.push(entry);
  }

  /** The last one takes its place. False where it is not in the set. */
  delete(entry: T): boolean {
    if (entry.slot === -1) return false;
    const last = this.#entries.pop() as T;
    if (last !== entry) {
      this.#entries[entry.slot] = last;
      last.slot = entry.slot;
    }
    entry.slot = -1;
    return true;
  }

  /** As they are now: who comes or goes meanwhile does not change it. */
  toArray(): readonly T[] {
    return [...this.#entries];
  }
}
