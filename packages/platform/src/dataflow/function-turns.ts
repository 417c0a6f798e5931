/**
 * How often each function runs now, and who waits for one of these runs to end because no more of them may go on at once.
 * A place that becomes free is offered to one of those that wait; who does not take it leaves it to the next one.
 */
import type { FunctionHash } from '../functions/function-spec.ts';
import { MAX_COUNTED_FUNCTIONS } from './limits.ts';
import type { Callee } from './plan.ts';

/** Somebody with runs to start. What stands here is the turns' own. */
export interface Waiter {
  waitsFor: FunctionHash[];
  /** A place of this function was offered to it. */
  offered: FunctionHash | null;
}

export class FunctionTurns<T extends Waiter> {
  readonly #running = new Map<FunctionHash, number>();
  readonly #waiting = new Map<FunctionHash, Set<T>>();
  /** False where it does not want to run anything any more. */
  readonly #wake: (waiter: T) => boolean;
  /** Functions that were asked for and are busy, since the last answer. */
  #busy: FunctionHash[] = [];

  constructor(wake: (waiter: T) => boolean) {
    this.#wake = wake;
  }

  /** Whether a run of it may start now. */
  readonly admit = (callee: Callee): boolean => {
    if (callee.kind !== 'compute' || (this.#running.get(callee.hash) ?? 0) < callee.spec.limits.concurrency) return true;
    this.#busy.push(callee.hash);
    return false;
  };

  begin(hash: FunctionHash): void {
    this.#running.set(hash, (this.#running.get(hash) ?? 0) + 1);
  }

  end(hash: FunctionHash): void {
    const running = (this.#running.get(hash) ?? 1) - 1;
    // Counts of 0 stay: a Map that entries come to and go from all the time keeps the collector busy.
    if (running === 0 && this.#running.size > MAX_COUNTED_FUNCTIONS) this.#running.delete(hash);
    else this.#running.set(hash, running);
    this.#offer(hash);
  }

  /** After somebody was asked for a run: the function that it starts, or null where it waits for all that are busy, if there are any. */
  answered(waiter: T, started: FunctionHash | null): void {
    const { offered } = waiter;
    const busy = this.#busy;
    if (busy.length > 0) this.#busy = [];
    waiter.offered = null;
    if (started === null && busy.length > 0) this.#wait(waiter, busy);
    if (offered !== null && offered !== started && !busy.includes(offered)) this.#offer(offered);
  }

  #wait(waiter: T, busy: readonly FunctionHash[]): void {
    for (const hash of busy) {
      if (waiter.waitsFor.includes(hash)) continue;
      waiter.waitsFor.push(hash);
      const waiting = this.#waiting.get(hash);
      if (waiting === undefined) this.#waiting.set(hash, new Set([waiter]));
      else waiting.add(waiter);
    }
  }

  #offer(hash: FunctionHash): void {
    for (;;) {
      const waiter = this.#waiting.get(hash)?.values().next().value;
      if (waiter === undefined) return;
      this.#waitNoMore(waiter);
      if (!this.#wake(waiter)) continue;
      waiter.offered = hash;
      return;
    }
  }

  #waitNoMore(waiter: T): void {
    for (const hash of waiter.waitsFor) {
      const waiting = this.#waiting.get(hash);
      waiting?.delete(waiter);
      if (waiting?.size === 0) this.#waiting.delete(hash);
    }
    waiter.waitsFor = [];
  }
}
