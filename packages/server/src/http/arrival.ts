/**
 * How a body arrives, for whoever looks at it now and then: a client that sends nothing for a while is told so, and so is
 * one whose body waits too long for a place in the memory of bodies. No body has a timer of its own.
 */
import { AppError, type Clock } from '@pappus/core';
import { ARRIVAL_CHECK_MS, MEMORY_WAIT_MS } from '../limits.ts';
import { bodiesFull } from './body-memory.ts';
import { StatusError } from './problem-of.ts';

export class Arrival {
  /** Bytes that have come. */
  received = 0;
  /** It is the client's turn to send: we do not let it wait, and the body is not at its end. */
  isExpected = true;
  /** It waits for a place in the memory of bodies. */
  isStarved = false;
  #seen = -1;
  /** Since when nothing has come, and since when there is no place. */
  #silentSinceMs = 0;
  #starvedSinceMs: number | null = null;

  /** Why the body is given up, or null. */
  problem(nowMs: number, stallMs: number): StatusError | null {
    return this.#silence(nowMs, stallMs) ?? this.#starvation(nowMs);
  }

  #silence(nowMs: number, stallMs: number): StatusError | null {
    if (!this.isExpected || this.received !== this.#seen) {
      this.#seen = this.received;
      this.#silentSinceMs = nowMs;
      return null;
    }
    if (nowMs - this.#silentSinceMs < stallMs) return null;
    return new StatusError(408, new AppError('deadline-exceeded', `nothing came of the body for ${stallMs} ms`));
  }

  #starvation(nowMs: number): StatusError | null {
    if (!this.isStarved) {
      this.#starvedSinceMs = null;
      return null;
    }
    this.#starvedSinceMs ??= nowMs;
    return nowMs - this.#starvedSinceMs < MEMORY_WAIT_MS ? null : bodiesFull();
  }
}

/** Looks at one body until it is told to end; for those that nobody else looks at. */
export function watchArrival(arrival: Arrival, clock: Clock, stallMs: number, giveUp: (problem: StatusError) => void): () => void {
  const look = (): void => {
    const problem = arrival.problem(clock.nowMs(), stallMs);
    if (problem === null) timer = clock.schedule(ARRIVAL_CHECK_MS, look, { background: true });
    else giveUp(problem);
  };
  let timer = clock.schedule(ARRIVAL_CHECK_MS, look, { background: true });
  return () => timer.cancel();
}
