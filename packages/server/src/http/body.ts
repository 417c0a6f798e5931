/**
 * A request body that is in memory once: a small one is the very chunk that came, one of known length is read into a buffer
 * of that length or kept in the pieces that came, one of unknown length is collected in pieces at first and then in a
 * buffer that grows.
 */
import type { IncomingMessage } from 'node:http';
import { AppError, type CancelSignal } from '@pappus/core';
import { BytesInPieces } from '../formats/long-bytes.ts';
import type { Arrival } from './arrival.ts';
import { CollectedBytes } from './body-buffer.ts';
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
  readonly pieces: readonly Uint8Array[];
  /** Of all pieces. */
  readonly length: number;
  /** Bytes taken of the body memory, to be released when the body is no longer needed. */
  readonly taken: number;
}

const NO_BODY: ReceivedBody = { pieces: [EMPTY], length: 0, taken: 0 };

/**
 * In one piece, unless one of known length may come in several. Rejects with 413, 429, `cancelled` where the client leaves before the end, or the reason of the signal; nothing is taken
 * of the memory then, and what still comes is dropped.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits, signal: CancelSignal, inPieces = false): Promise<ReceivedBody> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const announced = announcedBytes(request, limits.maxBytes);
  if (announced === 0) return Promise.resolve(NO_BODY);
  limits.memory.check(announced ?? 0);
  return new Promise((resolve, reject) => {
    const kept = inPieces && announced !== null ? new BytesInPieces(announced) : new CollectedBytes(announced, announced ?? limits.maxBytes);
    const reading = new Reading(limits, kept, signal, { resolve, reject });
    // Comes at the end of every stream, and for a direct request only where the client leaves before the end.
    request.on('close', () => reading.leave());
    if (request instanceof DirectRequest && request.receive(reading)) return;
    request.on('data', (chunk: Buffer) => reading.piece(chunk));
    request.on('end', () => reading.end());
  });
}

/** Where a body goes while it comes. */
interface KeptBytes {
  append(chunk: Buffer): void;
  readonly pieces: readonly Buffer[];
}

interface Settle {
  readonly resolve: (body: ReceivedBody) => void;
  readonly reject: (reason: unknown) => void;
}

class Reading implements BodySink {
  readonly #limits: BodyLimits;
  readonly #signal: CancelSignal;
  readonly #settle: Settle;
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);
  /** Null when nothing more is wanted. */
  #kept: KeptBytes | null;
  #taken = 0;

  constructor(limits: BodyLimits, kept: KeptBytes, signal: CancelSignal, settle: Settle) {
    this.#limits = limits;
    this.#kept = kept;
    this.#settle = settle;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  piece(chunk: Buffer): boolean {
    const kept = this.#kept;
    if (kept === null) return true; // refused already: it is dropped
    try {
      this.#keep(kept, chunk);
    } catch (thrown) {
      this.#fail(thrown);
    }
    return true;
  }

  end(): void {
    const kept = this.#kept;
    if (kept === null) return;
    this.#finish();
    this.#settle.resolve({ pieces: kept.pieces, length: this.#limits.arrival.received, taken: this.#taken });
  }

  leave(): void {
    this.#fail(new AppError('cancelled', 'the client left before the end of its request'));
  }

  /** Takes memory for what has come, not for what was announced: a client that sends nothing holds none. */
  #keep(kept: KeptBytes, chunk: Buffer): void {
    const { maxBytes, memory, arrival } = this.#limits;
    arrival.received += chunk.length;
    if (arrival.received > maxBytes) throw tooLong(null, maxBytes);
    memory.take(chunk.length);
    this.#taken += chunk.length;
    kept.append(chunk);
  }

  #fail(reason: unknown): void {
    if (this.#kept === null) return;
    this.#finish();
    this.#limits.memory.release(this.#taken);
    this.#settle.reject(reason);
  }

  #finish(): void {
    this.#kept = null;
    this.#limits.arrival.isExpected = false;
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

export function tooLong(bytes: number | null, maxBytes: number): StatusError {
  const has = bytes === null ? 'more' : `${bytes} bytes, more`;
  return new StatusError(413, new AppError('resource-exhausted', `the body has ${has} than the ${maxBytes} that are allowed`));
}
