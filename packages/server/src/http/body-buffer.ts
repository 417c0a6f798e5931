/** Memory for the bytes of bodies. A machine that has none left is full for the moment, as one at its limit: 429. */
import { AppError } from '@pappus/core';
import { GROWTH } from '../limits.ts';
import { StatusError } from './problem-of.ts';

const RETRY_AFTER_SECONDS = 1;

/** Not zeroed: the kernel gives its pages as they are filled. Throws 429 where there is no memory. */
export function allocated(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (cause) {
    const error = new AppError('resource-exhausted', `the server has no memory for ${bytes} bytes of a request body`, { cause, retryable: true, hint: 'Try again, or send less at once.' });
    throw new StatusError(429, error, { retryAfter: RETRY_AFTER_SECONDS });
  }
}

/** Bytes whose number may not be known before all have come. What it has outgrown is given back at once, not when the collector comes by. */
export class GrowingBuffer {
  readonly #most: number;
  #buffer: Buffer;
  #length = 0;

  /** More than `most` bytes do not come. Throws 429 where there is no memory, as `append` does. */
  constructor(bytes: number, most: number) {
    this.#most = most;
    this.#buffer = allocated(Math.min(bytes, most));
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  #grow(length: number): void {
    const outgrown = this.#buffer;
    this.#buffer = allocated(Math.max(length, Math.min(outgrown.length * GROWTH, this.#most)));
    this.#buffer.set(outgrown.subarray(0, this.#length));
    (outgrown.buffer as ArrayBuffer).transfer(0);
  }
}
