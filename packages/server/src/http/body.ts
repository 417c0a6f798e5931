/**
 * A request body in one buffer, which is in memory once: a small one is the very chunk that came, one of known length is
 * read into a buffer of that length, one of unknown length is collected in pieces at first and then in a buffer as long as
 * a body may be, whose pages the kernel gives as they are filled.
 */
import type { IncomingMessage } from 'node:http';
import { AppError } from '@pappus/core';
import { PIECES_BYTES } from '../limits.ts';
import type { BodyMemory } from './body-memory.ts';
import { StatusError } from './problem-of.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly memory: BodyMemory;
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

/** Rejects with 413, 429, or `cancelled` where the client leaves before the end; nothing is taken of the memory then. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<ReceivedBody> {
  const announced = announcedBytes(request, limits.maxBytes);
  if (announced === 0) return Promise.resolve(NO_BODY);
  limits.memory.take(announced ?? 0);
  return new Promise((resolve, reject) => {
    const reading = new Reading(limits, announced);
    request.on('data', (chunk: Buffer) => {
      try {
        reading.add(chunk);
      } catch (thrown) {
        reading.give();
        request.removeAllListeners('data');
        reject(thrown);
      }
    });
    request.on('end', () => {
      if (!reading.finished) resolve(reading.end());
    });
    // Comes at the end of every request. An error of the connection is told by it too.
    request.on('close', () => {
      if (reading.finished) return;
      reading.give();
      reject(new AppError('cancelled', 'the client left before the end of its request'));
    });
  });
}

class Reading {
  readonly #limits: BodyLimits;
  readonly #announced: number | null;
  /** The first chunk, or pieces as long as the length is unknown and small. */
  #pieces: Buffer[] = [];
  #whole: Buffer | null = null;
  #bytes = 0;
  #taken: number;
  finished = false;

  constructor(limits: BodyLimits, announced: number | null) {
    this.#limits = limits;
    this.#announced = announced;
    this.#taken = announced ?? 0;
  }

  add(chunk: Buffer): void {
    const bytes = this.#bytes + chunk.length;
    if (this.#announced === null) {
      if (bytes > this.#limits.maxBytes) throw tooLong(null, this.#limits.maxBytes);
      this.#limits.memory.take(chunk.length);
      this.#taken += chunk.length;
    }
    if (this.#whole === null && !this.#startWhole(chunk, bytes)) this.#pieces.push(chunk);
    else (this.#whole as unknown as Buffer).set(chunk, this.#bytes);
    this.#bytes = bytes;
  }

  end(): ReceivedBody {
    this.finished = true;
    const taken = this.#taken;
    if (this.#whole !== null) return { bytes: this.#whole.subarray(0, this.#bytes), taken };
    const [first] = this.#pieces;
    return { bytes: this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces), taken };
  }

  /** Gives the memory back; once. */
  give(): void {
    this.#limits.memory.release(this.#taken);
    this.#taken = 0;
    this.#pieces = [];
    this.#whole = null;
    this.finished = true;
  }

  /** Whether the chunk belongs into the buffer for the whole, which is made when it is first needed. */
  #startWhole(chunk: Buffer, bytes: number): boolean {
    const small = this.#announced === null ? bytes <= PIECES_BYTES : chunk.length === this.#announced;
    if (small) return false;
    this.#whole = Buffer.allocUnsafeSlow(this.#announced ?? this.#limits.maxBytes);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(this.#whole, at);
    this.#pieces = [];
    return true;
  }
}

function tooLong(bytes: number | null, maxBytes: number): StatusError {
  const has = bytes === null ? 'more' : `${bytes} bytes, more`;
  return new StatusError(413, new AppError('resource-exhausted', `the body has ${has} than the ${maxBytes} that are allowed`));
}
