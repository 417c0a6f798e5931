/**
 * A request body in one buffer, which is in memory once: a small one is the very chunk that came, one of known length is
 * read into a buffer of that length, one of unknown length is collected in pieces at first and then in a buffer that grows.
 */
import type { IncomingMessage } from 'node:http';
import { AppError, type CancelSignal } from '@pappus/core';
import { GROWTH, PIECES_BYTES } from '../limits.ts';
import type { Arrival } from './arrival.ts';
import { GrowingBuffer } from './body-buffer.ts';
import type { BodyMemory } from './body-memory.ts';
import { DirectRequest, type BodySink } from './direct-request.ts';
import { StatusError } from './problem-of.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly memory: BodyMemory;
  /** Told how the body arrives. */
  readonly arrival: Arrival;
}

const EMPTY = new Uint8Array(0);

/** Bytes of `Content-Length`; null where it is not told. Throws 413 for more than may be. */
export function announcedBytes(request: IncomingMessage, maxBytes: number): number | null {
  const { headers } = request;
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] === undefined ? 0 : null;
  const bytes = Number(length);
  if (bytes > maxBytes) throw tooLong(bytes, maxBytes);
  return bytes;
}

export interface ReceivedBody {
  readonly bytes: Uint8Array;
  /** Bytes taken of the body memory, to be released when the body is no longer needed. */
  readonly taken: number;
}

const NO_BODY: ReceivedBody = { bytes: EMPTY, taken: 0 };

/**
 * Rejects with 413, 429, `cancelled` where the client leaves before the end, or the reason of the signal; nothing is taken
 * of the memory then, and what still comes is dropped.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits, signal: CancelSignal): Promise<ReceivedBody> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const announced = announcedBytes(request, limits.maxBytes);
  if (announced === 0) return Promise.resolve(NO_BODY);
  limits.memory.check(announced ?? 0);
  return new Promise((resolve, reject) => {
    const reading = new Reading(limits, announced, signal, resolve, reject);
    // Comes at the end of every stream, and for a direct request only where the client leaves before the end.
    request.on('close', () => reading.leave());
    if (request instanceof DirectRequest && request.receive(reading)) return;
    request.on('data', (chunk: Buffer) => reading.piece(chunk));
    request.on('end', () => reading.end());
  });
}

class Reading implements BodySink {
  readonly #limits: BodyLimits;
  readonly #announced: number | null;
  readonly #signal: CancelSignal;
  readonly #resolve: (body: ReceivedBody) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);
  /** The first chunk, or pieces as long as the length is unknown and small. */
  #pieces: Buffer[] = [];
  #whole: GrowingBuffer | null = null;
  #bytes = 0;
  #taken = 0;
  /** What comes after that is dropped. */
  #finished = false;

  constructor(limits: BodyLimits, announced: number | null, signal: CancelSignal, resolve: (body: ReceivedBody) => void, reject: (reason: unknown) => void) {
    this.#limits = limits;
    this.#announced = announced;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  piece(chunk: Buffer): boolean {
    if (this.#finished) return true;
    try {
      this.#keep(chunk);
    } catch (thrown) {
      this.#fail(thrown);
    }
    return true;
  }

  end(): void {
    if (this.#finished) return;
    this.#finish();
    this.#resolve({ bytes: this.#received(), taken: this.#taken });
  }

  leave(): void {
    if (!this.#finished) this.#fail(new AppError('cancelled', 'the client left before the end of its request'));
  }

  #received(): Uint8Array {
    if (this.#whole !== null) return this.#whole.bytes;
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
  }

  #finish(): void {
    this.#finished = true;
    this.#limits.arrival.isExpected = false;
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #fail(reason: unknown): void {
    this.#finish();
    this.#limits.memory.release(this.#taken);
    this.#pieces = [];
    this.#whole = null;
    this.#reject(reason);
  }

  /** Takes memory for what has come, not for what was announced: a client that sends nothing holds none. */
  #keep(chunk: Buffer): void {
    const { maxBytes, memory, arrival } = this.#limits;
    const bytes = this.#bytes + chunk.length;
    arrival.received = bytes;
    if (bytes > maxBytes) throw tooLong(null, maxBytes);
    memory.take(chunk.length);
    this.#taken = bytes;
    this.#whole ??= this.#wholeFor(chunk, bytes);
    if (this.#whole === null) this.#pieces.push(chunk);
    else this.#whole.append(chunk);
    this.#bytes = bytes;
  }

  /** The buffer for the whole, once it is clear that one is needed; with what has come before. */
  #wholeFor(chunk: Buffer, bytes: number): GrowingBuffer | null {
    const small = this.#announced === null ? bytes <= PIECES_BYTES : chunk.length === this.#announced;
    if (small) return null;
    const whole = new GrowingBuffer(this.#announced ?? GROWTH * bytes, this.#announced ?? this.#limits.maxBytes);
    for (const piece of this.#pieces) whole.append(piece);
    this.#pieces = [];
    return whole;
  }
}

export function tooLong(bytes: number | null, maxBytes: number): StatusError {
  const has = bytes === null ? 'more' : `${bytes} bytes, more`;
  return new StatusError(413, new AppError('resource-exhausted', `the body has ${has} than the ${maxBytes} that are allowed`));
}
