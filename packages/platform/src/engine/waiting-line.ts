/**
 * Who waits for a thread, in order. Those who come back from a thread that was lost stand at the front. A ring that
 * grows: nothing is allocated for each who comes and goes, and nobody who left is kept.
 */
const FIRST_SLOTS = 64;

export class WaitingLine<T> {
  #slots: (T | null)[] = new Array<T | null>(FIRST_SLOTS).fill(null);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    this.#makeRoom();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size += 1;
  }

  unshift(item: T): void {
    this.#makeRoom();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = item;
    this.#size += 1;
  }

  first(): T | null {
    return this.#slots[this.#head] ?? null;
  }

  shift(): T | null {
    if (this.#size === 0) return null;
    const item = this.#slots[this.#head] ?? null;
    this.#slots[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size -= 1;
    return item;
  }

  /** Empties the line. */
  takeAll(): readonly T[] {
    const all = this.#inOrder();
    this.#slots = new Array<T | null>(FIRST_SLOTS).fill(null);
    this.#head = 0;
    this.#size = 0;
    return all;
  }

  #inOrder(): T[] {
    const mask = this.#slots.length - 1;
    return Array.from({ length: this.#size }, (_, index) => this.#slots[(this.#head + index) & mask] as T);
  }

  #makeRoom(): void {
    if (this.#size < this.#slots.length) return;
    const all: (T | null)[] = this.#inOrder();
    this.#slots = [...all, ...new Array<T | null>(all.length).fill(null)];
    this.#head = 0;
  }
}
