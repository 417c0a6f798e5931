/** Bounds the bytes of reads that are on the way at the same time; the others wait in order. */
import { abortable } from '@pappus/core';
import { ByteBudget } from '../exchange/byte-budget.ts';

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

export class FetchBudget {
  readonly #budget: ByteBudget;
  readonly #waiting: Waiting[] = [];

  constructor(limitBytes: number) {
    this.#budget = new ByteBudget(limitBytes);
  }

  /** An operation above the whole limit runs alone. */
  async run<T>(bytes: number, signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
    await this.#enter(bytes, signal);
    try {
      return await operation();
    } finally {
      this.#leave(bytes);
    }
  }

  async #enter(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(bytes)) return this.#budget.take(bytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Waiting = { bytes, start: resolve };
    this.#waiting.push(entry);
    try {
      await abortable(promise, signal);
    } catch (thrown) {
      const place = this.#waiting.indexOf(entry);
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#leave(bytes); // the turn came in the same moment
      this.#admit();
      throw thrown;
    }
  }

  #fits(bytes: number): boolean {
    return this.#budget.used === 0 || this.#budget.fits(bytes);
  }

  #leave(bytes: number): void {
    this.#budget.give(bytes);
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#budget.take(next.bytes);
      next.start();
    }
  }
}
