/**
 * A clock that stands still until nothing is left to do, then jumps to the next timer. Everything that runs on it
 * is deterministic, and an hour takes milliseconds.
 */
import type { Clock, Timer } from '@pappus/core';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

const EPOCH_MS: number = Date.UTC(2026, 0, 1);
const DEFAULT_LIMIT_MS = 3_600_000;

export class SimulatedClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** The next event is the last item. */
  readonly #events: Event[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.#nowMs);
  }

  schedule(delayMs: number, callback: () => void): Timer {
    this.#order += 1;
    const event: Event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, callback };
    this.#events.splice(this.#positionOf(event), 0, event);
    return {
      cancel: () => {
        const index = this.#events.indexOf(event);
        if (index >= 0) this.#events.splice(index, 1);
      },
    };
  }

  /**
   * Runs timers until the promise settles. Fails when nothing is scheduled any more (a hang), or after `limitMs` of
   * simulated time (a livelock).
   */
  async run<T>(promise: Promise<T>, limitMs: number = DEFAULT_LIMIT_MS): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const endMs = this.#nowMs + limitMs;
    await idle();
    while (!settled) {
      if (this.#nowMs > endMs) throw new Error(`still not done after ${limitMs} simulated ms`);
      if (!this.#step()) throw new Error(`stands still at ${this.#nowMs} simulated ms: nothing is scheduled, and what is awaited has not happened`);
      await idle();
    }
    return promise;
  }

  /** Runs everything that happens within the next `durationMs`. */
  async advance(durationMs: number): Promise<void> {
    let done = false;
    this.schedule(durationMs, () => {
      done = true;
    });
    await idle();
    while (!done) {
      this.#step();
      await idle();
    }
  }

  #step(): boolean {
    const event = this.#events.pop();
    if (event === undefined) return false;
    this.#nowMs = event.atMs;
    event.callback();
    return true;
  }

  /** Behind all later events, before those of the same time: the array is read from its end. */
  #positionOf(event: Event): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle] as Event;
      if (other.atMs > event.atMs || (other.atMs === event.atMs && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Resolves when all promise reactions and `process.nextTick`s, Node's streams included, have run. */
const idle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
