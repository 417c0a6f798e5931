/** Bytes in memory at once over all requests, of bodies or of answers: who would go beyond is told to come back. */
import { AppError, assert } from '@pappus/core';
import { StatusError } from './problem-of.ts';

const RETRY_AFTER_SECONDS = 1;

export class BodyMemory {
  readonly #maxBytes: number;
  readonly #full: () => StatusError;
  #bytes = 0;
  readonly #waiting = new Set<Waiter>();

  constructor(maxBytes: number, full: () => StatusError = bodiesFull) {
    this.#maxBytes = maxBytes;
    this.#full = full;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws 429 where there is no room for so many. */
  check(bytes: number): void {
    if (!this.#hasRoomFor(bytes)) throw this.#full();
  }

  /** Throws 429 where there is no room. */
  take(bytes: number): void {
    this.check(bytes);
    this.#bytes += bytes;
  }

  /** False where there is no room. */
  tryTake(bytes: number): boolean {
    const hasRoom = this.#hasRoomFor(bytes);
    if (hasRoom) this.#bytes += bytes;
    return hasRoom;
  }

  /** Tells once that there is room; whoever has asked first is told first. The result takes that back. */
  whenRoom(bytes: number, tell: () => void): () => void {
    const waiter = { bytes, tell };
    this.#waiting.add(waiter);
    return () => void this.#waiting.delete(waiter);
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    assert(this.#bytes >= 0, 'more bytes of bodies released than taken');
    if (this.#waiting.size > 0) this.#tell();
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  #tell(): void {
    for (const waiter of [...this.#waiting]) {
      if (!this.#hasRoomFor(waiter.bytes)) return;
      if (this.#waiting.delete(waiter)) waiter.tell();
    }
  }
}

interface Waiter {
  readonly bytes: number;
  readonly tell: () => void;
}

export const bodiesFull = (): StatusError => full('of request bodies', 'send less at once');
export const answersFull = (): StatusError => full('of answers that their clients have not read', 'ask for less at once');

function full(what: string, remedy: string): StatusError {
  const error = new AppError('resource-exhausted', `the server holds as many bytes ${what} as it may`, { retryable: true, hint: `Try again, or ${remedy}.` });
  return new StatusError(429, error, { retryAfter: RETRY_AFTER_SECONDS });
}
