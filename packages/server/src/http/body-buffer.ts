/** Memory for the bytes of bodies. A machine that has none left is full for the moment, as one at its limit: 429. */
import { AppError } from '@pappus/core';
import { GROWTH, PIECES_BYTES } from '../limits.ts';
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

/**
 * Bytes that are collected as they come: as long as they are few in the pieces that came, then in one buffer. More than
 * `most` do not come; with `expected` so many are.
 */
export class CollectedBytes {
  readonly #expected: number | null;
  readonly #most: number;
  #pieces: Buffer[] = [];
  #whole: GrowingBuffer | null = null;
  #length = 0;

  constructor(expected: number | null, most: number) {
    this.#expected = expected;
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  append(piece: Buffer): void {
    this.#length += piece.length;
    this.#whole ??= this.#isShort(piece) ? null : this.#joined();
    if (this.#whole === null) this.#pieces.push(piece);
    else this.#whole.append(piece);
  }

  /** A single piece is given as it came. */
  get bytes(): Buffer {
    if (this.#whole !== null) return this.#whole.bytes;
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
  }

  get pieces(): readonly Buffer[] {
    return [this.bytes];
  }

  /** The bytes in memory of their own: none of what came with them is kept. */
  get own(): Buffer {
    return this.#whole === null && this.#pieces.length === 1 ? Buffer.from(this.bytes) : this.bytes;
  }

  #isShort(piece: Buffer): boolean {
    return this.#expected === null ? this.#length <= PIECES_BYTES : piece.length === this.#expected;
  }

  #joined(): GrowingBuffer {
    const whole = new GrowingBuffer(this.#expected ?? GROWTH * this.#length, this.#most);
    for (const piece of this.#pieces) whole.append(piece);
    this.#pieces = [];
    return whole;
  }
}
