/** Bytes of request bodies in memory at once, over all requests: who would go beyond is told to come back. */
import { AppError, assert } from '@pappus/core';
import { StatusError } from './problem-of.ts';

const RETRY_AFTER_SECONDS = 1;

export class BodyMemory {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws 429 where there is no room. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      const error = new AppError('resource-exhausted', 'the server holds as many bytes of request bodies as it may', { retryable: true, hint: 'Try again, or send less at once.' });
      throw new StatusError(429, error, { retryAfter: RETRY_AFTER_SECONDS });
    }
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    assert(this.#bytes >= 0, 'more bytes of bodies released than taken');
  }
}
