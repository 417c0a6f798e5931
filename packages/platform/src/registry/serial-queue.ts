/** One change at a time, in the order in which they were asked for. */
import { AppError } from '@pappus/core';

export class SerialQueue {
  readonly #maxPending: number;
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #closed = false;

  constructor(maxPending: number) {
    this.#maxPending = maxPending;
  }

  /** Rejects at once when it is closed or too many wait. A task that has begun is not interrupted by its signal. */
  run<T>(what: string, signal: AbortSignal | null, task: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new AppError('unavailable', `${what}: the registry is closed`));
    if (this.#pending >= this.#maxPending) {
      return Promise.reject(new AppError('resource-exhausted', `${what}: ${this.#maxPending} changes of the registry wait already`, { retryable: true, hint: 'Try again in a moment.' }));
    }
    this.#pending += 1;
    const done = this.#last.then(() => {
      signal?.throwIfAborted();
      return task();
    });
    this.#last = done.then(this.#finish, this.#finish);
    return done;
  }

  /** Refuses what comes later and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  readonly #finish = (): void => {
    this.#pending -= 1;
  };
}
