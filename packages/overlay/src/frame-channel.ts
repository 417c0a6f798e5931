/**
 * Length-prefixed JSON frames on a byte stream: u32 big-endian length, then that many bytes of UTF-8.
 * Frames are pulled, so an unread one stays with the kernel and slows its sender; and a stream can be given
 * back after a handshake, with every byte that came behind it.
 *
 *   stream ──read()──► #buffer ──parse──► the one waiter
 *   Invariant: the stream is read only while there is a waiter that #buffer does not satisfy.
 */
import type { Duplex } from 'node:stream';
import { AppError, assert } from '@pappus/core';
import { MAX_CONTROL_BACKLOG_BYTES } from './limits.ts';
import type { Shape } from './shape.ts';

const HEADER_BYTES = 4;
const EMPTY: Buffer = Buffer.alloc(0);

interface Waiter {
  /** The bytes that satisfy the waiter, or undefined when more are needed. */
  readonly take: () => Buffer | undefined;
  readonly resolve: (bytes: Buffer | null) => void;
  readonly reject: (error: unknown) => void;
}

export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

export class FrameChannel {
  readonly #stream: Duplex;
  #buffer: Buffer = EMPTY;
  #waiter: Waiter | null = null;
  #failure: unknown = null;
  #ended = false;
  #closed = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#closed = stream.destroyed; // it may have broken before anybody listened, and tells it no second time
    this.#failure = stream.errored;
    stream.on('readable', this.#advance).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  /** The next frame, checked; null when the stream ended cleanly between two frames. */
  async receive<T>(shape: Shape<T>, maxBytes: number): Promise<T | null> {
    const body = await this.#wait(() => this.#takeFrame(maxBytes));
    if (body === null) return null;
    return shape(parseJson(body), 'message');
  }

  /** `byteCount` raw bytes; null when the stream ended before the first. */
  receiveBytes(byteCount: number): Promise<Buffer | null> {
    return this.#wait(() => this.#takeBytes(byteCount));
  }

  /** False when the other side reads too slowly for what is already waiting: the connection has to be given up. */
  send(message: object): boolean {
    return this.sendBytes(encodeFrame(message));
  }

  sendBytes(bytes: Uint8Array): boolean {
    if (this.#stream.destroyed || this.#stream.writableEnded) return true; // the reading side reports it
    this.#stream.write(bytes);
    return this.#stream.writableLength <= MAX_CONTROL_BACKLOG_BYTES;
  }

  /** The stream as if nobody had read from it beyond the frames received. The channel is over. */
  release(): Duplex {
    assert(this.#waiter === null, 'a frame is still awaited from the stream that is given away');
    const stream = this.#stream;
    stream.off('readable', this.#advance).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    // An error between this moment and the new owner's first listener must not crash the process; `error` still
    // reaches every listener of the owner, and reads and writes still fail.
    stream.on('error', () => {});
    if (this.#buffer.length > 0 && !stream.destroyed) stream.unshift(this.#buffer);
    this.#buffer = EMPTY;
    return stream;
  }

  #wait(take: () => Buffer | undefined): Promise<Buffer | null> {
    assert(this.#waiter === null, 'two readers on one frame channel');
    return new Promise((resolve, reject) => {
      this.#waiter = { take, resolve, reject };
      this.#advance();
    });
  }

  readonly #advance = (): void => {
    const waiter = this.#waiter;
    if (waiter === null) return void this.#stream.read(0); // lets an end show itself; takes no byte
    try {
      for (;;) {
        const bytes = waiter.take();
        if (bytes !== undefined) return this.#settle(() => waiter.resolve(bytes));
        const chunk: Buffer | null = this.#stream.destroyed ? null : (this.#stream.read() as Buffer | null);
        if (chunk === null) break;
        this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      }
      if (this.#ended || this.#closed || this.#failure !== null) this.#settle(() => this.#finish(waiter));
    } catch (error) {
      this.#settle(() => waiter.reject(error));
    }
  };

  #settle(finish: () => void): void {
    this.#waiter = null;
    finish();
  }

  #finish(waiter: Waiter): void {
    if (this.#failure !== null) waiter.reject(this.#failure);
    else if (!this.#ended) waiter.reject(new AppError('unavailable', 'the connection was closed', { retryable: true }));
    else if (this.#buffer.length > 0) waiter.reject(new AppError('unavailable', 'the connection ended inside a frame', { retryable: true }));
    else waiter.resolve(null);
  }

  #takeFrame(maxBytes: number): Buffer | undefined {
    if (this.#buffer.length < HEADER_BYTES) return undefined;
    const length = this.#buffer.readUInt32BE();
    if (length === 0 || length > maxBytes) throw new AppError('protocol', `a frame of ${length} bytes where 1 to ${maxBytes} are allowed`);
    return this.#takeBytes(HEADER_BYTES + length)?.subarray(HEADER_BYTES);
  }

  #takeBytes(byteCount: number): Buffer | undefined {
    if (this.#buffer.length < byteCount) return undefined;
    const bytes = this.#buffer.subarray(0, byteCount);
    this.#buffer = this.#buffer.subarray(byteCount);
    return bytes;
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#advance();
  };

  readonly #onError = (error: unknown): void => {
    this.#failure ??= error;
    this.#advance();
  };

  readonly #onClose = (): void => {
    this.#closed = true;
    this.#advance();
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new AppError('protocol', 'a frame that is no JSON', { cause: error });
  }
}
