/** One consuming fragment's end of a direct edge: an inbox with the fragment's signal. */
import { toAppError } from '@pappus/core';
import type { ExchangeReader, Frame } from '../transport.ts';
import type { Inbox } from './inbox.ts';

export class InboxReader implements ExchangeReader {
  readonly #inbox: Inbox;
  readonly #signal: AbortSignal;
  readonly #onAbort: () => void;

  constructor(inbox: Inbox, signal: AbortSignal) {
    this.#inbox = inbox;
    this.#signal = signal;
    this.#onAbort = () => inbox.fail(toAppError(signal.reason));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  next(): Promise<Frame | null> {
    return this.#inbox.next();
  }

  /** Resolves when all rows are here, read or not; rejects when they will never be. */
  whole(): Promise<void> {
    return this.#inbox.whole();
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#inbox.close();
  }
}
