/**
 * Lets so many requests run at once, in all and for one destination; the others wait, first come first served at each
 * destination. A request waits for its destination before it counts towards the whole, so a slow destination does not
 * keep the others from theirs.
 */
import { AppError, cancelled } from '@pappus/core';
import { MAX_WAITING_REQUESTS } from '../limits.ts';

/** Gives the turn back; called once. */
export type Release = () => void;

interface Line {
  free: number;
  readonly waiting: Set<() => void>;
}

export class TurnGate {
  readonly #whole: Line;
  readonly #perDestination: number;
  readonly #destinations = new Map<string, Line>();
  #waiters = 0;

  constructor(whole: number, perDestination: number) {
    this.#whole = { free: whole, waiting: new Set() };
    this.#perDestination = perDestination;
  }

  /** Rejects with the signal's reason, or with `resource-exhausted` when too many wait. */
  async enter(destination: string, signal: AbortSignal): Promise<Release> {
    const line = this.#line(destination);
    await this.#take(line, signal);
    try {
      await this.#take(this.#whole, signal);
    } catch (thrown) {
      this.#leave(destination, line);
      throw thrown;
    }
    return () => {
      give(this.#whole);
      this.#leave(destination, line);
    };
  }

  get waiting(): number {
    return this.#waiters;
  }

  #line(destination: string): Line {
    let line = this.#destinations.get(destination);
    if (line === undefined) {
      line = { free: this.#perDestination, waiting: new Set() };
      this.#destinations.set(destination, line);
    }
    return line;
  }

  async #take(line: Line, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason ?? cancelled('an HTTP request');
    if (line.free > 0) {
      line.free--;
      return;
    }
    if (this.#waiters >= MAX_WAITING_REQUESTS) {
      throw new AppError('resource-exhausted', `${MAX_WAITING_REQUESTS} HTTP requests wait for their turn already`, { retryable: true });
    }
    this.#waiters++;
    try {
      await turn(line, signal);
    } finally {
      this.#waiters--;
    }
  }

  #leave(destination: string, line: Line): void {
    give(line);
    if (line.free === this.#perDestination) this.#destinations.delete(destination);
  }
}

function turn(line: Line, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTurn = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      line.waiting.delete(onTurn);
      reject(signal.reason);
    };
    line.waiting.add(onTurn);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function give(line: Line): void {
  const [next] = line.waiting;
  if (next === undefined) {
    line.free++;
    return;
  }
  line.waiting.delete(next);
  next();
}
