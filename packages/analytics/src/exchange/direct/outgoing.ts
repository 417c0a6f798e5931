/**
 * The sending side of a connection: many streams share one socket, each with credit of its own, so that a
 * stream whose receiver is slow never holds back another one.
 */
import type { Duplex } from 'node:stream';
import { AppError, toAppError, type Rank } from '@pappus/core';
import { SOCKET_HIGH_WATER_BYTES, STREAM_WINDOW_BYTES } from '../limits.ts';
import { releaseFrame, type Frame } from '../transport.ts';
import { MessageParser } from './message-parser.ts';
import { encodeError, encodeHeader, encodeStreamName, MESSAGE, PROTOCOL_VERSION, type Header, type StreamName } from './protocol.ts';

/** One producing fragment's way to one consuming fragment. */
export interface FrameSink {
  /** Resolves when the next frame may come; frames of one sink stay in order. */
  write(frame: Frame): Promise<void>;
  /** Resolves when everything is handed over. */
  end(): Promise<void>;
  /** Drops what waits and makes the reader fail. */
  abort(error: AppError): Promise<void>;
}

interface Waiting {
  readonly frame: Frame;
  resolve(): void;
  reject(error: Error): void;
}

interface Stream {
  readonly id: number;
  credit: number;
  /** The consumer wants no more. */
  stopped: boolean;
  queue: Waiting[];
}

export class OutgoingConnection {
  readonly #socket: Duplex;
  readonly #peer: Rank;
  readonly #streams = new Map<number, Stream>();
  readonly #onClosed: (error: AppError) => void;
  #nextId = 1;
  #unsentBytes = 0;
  #error: AppError | null = null;

  constructor(socket: Duplex, peer: Rank, onClosed: (error: AppError) => void) {
    this.#socket = socket;
    this.#peer = peer;
    this.#onClosed = onClosed;
    const parser = new MessageParser((header) => this.#onMessage(header));
    socket.on('data', (chunk: Uint8Array) => {
      try {
        parser.push(chunk);
      } catch (thrown) {
        this.#fail(toAppError(thrown));
      }
    });
    socket.on('error', (thrown) => this.#fail(this.#lost(thrown)));
    socket.on('close', () => this.#fail(this.#lost(null)));
    socket.on('end', () => this.#fail(this.#lost(null)));
    socket.write(encodeHeader(MESSAGE.hello, 0, PROTOCOL_VERSION));
  }

  open(name: StreamName): FrameSink {
    const stream: Stream = { id: this.#nextId++, credit: STREAM_WINDOW_BYTES, stopped: false, queue: [] };
    if (this.#error === null) {
      this.#streams.set(stream.id, stream);
      this.#send(MESSAGE.open, stream.id, encodeStreamName(name));
    }
    return {
      write: (frame) => this.#write(stream, frame),
      end: () => this.#close(stream, () => this.#flush(MESSAGE.end, stream.id)),
      abort: (error) => this.#close(stream, () => this.#flush(MESSAGE.abort, stream.id, encodeError(error))),
    };
  }

  /** Sends what is buffered, then closes. */
  end(): void {
    this.#socket.end();
  }

  destroy(reason: AppError): void {
    this.#fail(reason);
  }

  #write(stream: Stream, frame: Frame): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (stream.stopped) return Promise.resolve();
    if (stream.queue.length === 0 && this.#maySend(stream)) {
      this.#sendFrame(stream, frame);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      stream.queue.push({ frame, resolve, reject });
    });
  }

  #close(stream: Stream, last: () => Promise<void>): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (!this.#streams.delete(stream.id)) return Promise.resolve();
    for (const waiting of stream.queue) waiting.reject(new AppError('cancelled', 'the stream was ended before this frame was sent'));
    stream.queue = [];
    return last();
  }

  #maySend(stream: Stream): boolean {
    return stream.credit > 0 && this.#unsentBytes < SOCKET_HIGH_WATER_BYTES;
  }

  #sendFrame(stream: Stream, frame: Frame): void {
    stream.credit -= frame.byteLength;
    this.#send(MESSAGE.data, stream.id, frame, () => {
      releaseFrame(frame);
      this.#sendWaiting();
    });
  }

  /** Header and payload leave in one system call. */
  #send(type: Header['type'], stream: number, payload: Uint8Array, onSent?: () => void): void {
    const bytes = payload.byteLength;
    this.#unsentBytes += bytes;
    this.#socket.cork();
    this.#socket.write(encodeHeader(type, stream, bytes));
    this.#socket.write(payload, () => {
      this.#unsentBytes -= bytes;
      onSent?.();
    });
    this.#socket.uncork();
  }

  #flush(type: Header['type'], stream: number, payload: Uint8Array | null = null): Promise<void> {
    return new Promise((resolve, reject) => {
      const header = encodeHeader(type, stream, payload?.byteLength ?? 0);
      const last = payload === null ? header : Buffer.concat([header, payload]);
      this.#socket.write(last, (thrown) => (thrown ? reject(this.#error ?? this.#lost(thrown)) : resolve()));
    });
  }

  /** One frame of each stream in turn, for fairness, while the socket takes them. */
  #sendWaiting(): void {
    for (let sent = true; sent && this.#error === null; ) {
      sent = false;
      for (const stream of this.#streams.values()) sent = this.#sendFirst(stream) || sent;
    }
  }

  #sendFirst(stream: Stream): boolean {
    if (stream.queue.length === 0 || !this.#maySend(stream)) return false;
    const waiting = stream.queue.shift();
    if (waiting === undefined) return false;
    this.#sendFrame(stream, waiting.frame);
    waiting.resolve();
    return true;
  }

  #onMessage(header: Header): void {
    const stream = this.#streams.get(header.stream);
    switch (header.type) {
      case MESSAGE.credit:
        if (stream !== undefined) stream.credit += header.value;
        return this.#sendWaiting();
      case MESSAGE.stop:
        return stream === undefined ? undefined : stop(stream);
      default:
        throw new AppError('protocol', `direct exchange: worker ${this.#peer} sent a message of type ${header.type} to a sender`);
    }
  }

  #fail(error: AppError): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#socket.destroy();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) {
      for (const waiting of stream.queue) waiting.reject(error);
      stream.queue = [];
    }
    this.#onClosed(error);
  }

  #lost(cause: unknown): AppError {
    const message = `worker ${this.#peer} was lost: its exchange connection ended`;
    return new AppError('worker-lost', message, { retryable: true, ...(cause === null ? {} : { cause }) });
  }
}

function stop(stream: Stream): void {
  stream.stopped = true;
  const waiting = stream.queue;
  stream.queue = [];
  for (const { resolve } of waiting) resolve();
}
