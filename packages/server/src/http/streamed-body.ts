/**
 * A request body that is read no faster than somebody wants its bytes. What is kept of it counts in the memory of bodies
 * until it is let go; where there is no room, the client waits.
 */
import type { IncomingMessage } from 'node:http';
import { AppError } from '@pappus/core';
import { IncomingBytes } from '../formats/incoming-bytes.ts';
import type { Arrival } from './arrival.ts';
import { announcedBytes, tooLong, type BodyLimits } from './body.ts';
import { DirectRequest, type BodySink } from './direct-request.ts';

export class StreamedBody implements BodySink {
  readonly bytes: IncomingBytes;
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  /** Of the memory of bodies. */
  #taken = 0;
  /** Ends the waiting for a place in that memory. */
  #stopWaiting: (() => void) | null = null;
  #ended = false;
  #closed = false;

  /** Begins to read. */
  constructor(request: IncomingMessage, limits: BodyLimits) {
    this.#request = request;
    this.#limits = limits;
    this.bytes = new IncomingBytes({
      most: announcedBytes(request, limits.maxBytes) ?? limits.maxBytes,
      reserve: (bytes) => this.#reserve(bytes),
      release: (bytes) => this.letGo(bytes),
      goOn: () => this.#goOn(),
    });
    // Comes at the end of every stream, and for a direct request only where the client leaves before the end.
    request.on('close', () => {
      if (!this.#ended) this.bytes.fail(new AppError('cancelled', 'the client left before the end of its request'));
    });
    if (request instanceof DirectRequest && request.receive(this)) return;
    request.on('data', (chunk: Buffer) => {
      if (!this.piece(chunk)) request.pause();
    });
    request.on('end', () => this.end());
  }

  get arrival(): Arrival {
    return this.#limits.arrival;
  }

  piece(chunk: Buffer): boolean {
    if (this.#closed) return true;
    const { arrival, maxBytes } = this.#limits;
    arrival.received += chunk.length;
    if (arrival.received <= maxBytes) return (arrival.isExpected = this.bytes.piece(chunk));
    this.bytes.fail(tooLong(null, maxBytes));
    return true;
  }

  end(): void {
    this.#ended = true;
    this.arrival.isExpected = false;
    this.bytes.end();
  }

  /** A body that goes in as it comes may take as long as its invocation; whether its client is silent is looked at elsewhere. */
  broken(reason: AppError | null): boolean {
    if (reason !== null) this.bytes.fail(reason);
    return !this.#closed;
  }

  /** So many of the bytes that were kept are not needed any more. */
  letGo(bytes: number): void {
    // Where it is closed, all of them were let go.
    if (this.#closed) return;
    this.#limits.memory.release(bytes);
    this.#taken -= bytes;
  }

  /** Nobody wants more of it; what still comes is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waitNoMore();
    this.bytes.fail(new AppError('cancelled', 'the invocation ended before its body'));
    this.#limits.memory.release(this.#taken);
    if (!this.#ended) this.#goOn();
  }

  /** False: when there is room, the bytes are told. */
  #reserve(bytes: number): boolean {
    if (this.#closed) return false;
    const { memory } = this.#limits;
    const taken = memory.tryTake(bytes);
    if (taken) {
      this.#taken += bytes;
      this.#waitNoMore();
    } else if (this.#stopWaiting === null) {
      this.arrival.isStarved = true;
      this.#stopWaiting = memory.whenRoom(bytes, () => {
        this.#waitNoMore();
        this.bytes.roomAgain();
      });
    }
    return taken;
  }

  #waitNoMore(): void {
    this.arrival.isStarved = false;
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  #goOn(): void {
    this.arrival.isExpected = !this.#ended && !this.#closed;
    if (this.#request instanceof DirectRequest) this.#request.goOn();
    else this.#request.resume();
  }
}
