/** The receiving side of a connection: finds the inbox of each stream and returns credit for what is settled. */
import type { Duplex } from 'node:stream';
import { AppError, toAppError, type Clock, type Rank, type Timer } from '@pappus/core';
import { CONNECT_TIMEOUT_MS, CREDIT_STEP_BYTES, MAX_STREAMS_PER_CONNECTION, STREAM_WINDOW_BYTES } from '../limits.ts';
import type { Inbox } from './inbox.ts';
import { MessageParser } from './message-parser.ts';
import { decodeError, decodeStreamName, encodeHeader, MESSAGE, PROTOCOL_VERSION, type Header, type StreamName } from './protocol.ts';

interface Stream {
  readonly id: number;
  readonly name: StreamName;
  /** Null when the query is over. */
  readonly inbox: Inbox | null;
  /** Bytes that the sender may still send; it may overdraw them by one frame. */
  window: number;
  /** Settled bytes for which no credit was sent yet. */
  owed: number;
}

export interface IncomingOptions {
  readonly socket: Duplex;
  readonly from: Rank;
  readonly clock: Clock;
  /** The inbox of a stream, or null when its query is over. */
  readonly inboxOf: (name: StreamName) => Inbox | null;
  readonly onClosed: (reason: AppError) => void;
}

export class IncomingConnection {
  readonly #options: IncomingOptions;
  readonly #streams = new Map<number, Stream>();
  readonly #introduction: Timer;
  #introduced = false;
  #closed = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
    const { socket, from } = options;
    this.#introduction = options.clock.schedule(CONNECT_TIMEOUT_MS, () => this.#close(broken(from, 'no HELLO came')), { background: true });
    const parser = new MessageParser((header, payload) => this.#onMessage(header, payload));
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#closed) return;
      try {
        parser.push(chunk);
      } catch (thrown) {
        this.#close(toAppError(thrown));
      }
    });
    socket.on('error', (thrown) => this.#close(connectionEnded(from, thrown)));
    socket.on('end', () => this.#close(connectionEnded(from, null)));
    socket.on('close', () => this.#close(connectionEnded(from, null)));
  }

  destroy(reason: AppError): void {
    this.#close(reason);
  }

  #onMessage(header: Header, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#closed) return;
    if (!this.#introduced) return this.#hello(header);
    if (header.type === MESSAGE.open) return this.#open(header.stream, decodeStreamName(payload));
    const stream = this.#streams.get(header.stream);
    if (stream === undefined) throw broken(this.#options.from, `a message for stream ${header.stream}, which is not open`);
    const { inbox, name } = stream;
    switch (header.type) {
      case MESSAGE.data:
        return this.#data(stream, payload);
      case MESSAGE.end:
        this.#streams.delete(stream.id);
        return inbox?.end(name.producer);
      case MESSAGE.abort:
        this.#streams.delete(stream.id);
        return inbox?.fail(decodeError(payload));
      default:
        throw broken(this.#options.from, `a message of type ${header.type}`);
    }
  }

  #hello(header: Header): void {
    const { from } = this.#options;
    if (header.type !== MESSAGE.hello) throw broken(from, 'the first message is no HELLO');
    if (header.value !== PROTOCOL_VERSION) throw broken(from, `protocol version ${header.value}; this worker speaks ${PROTOCOL_VERSION}`);
    this.#introduction.cancel();
    this.#introduced = true;
  }

  #open(id: number, name: StreamName): void {
    if (this.#streams.has(id)) throw broken(this.#options.from, `stream ${id} was opened twice`);
    if (this.#streams.size >= MAX_STREAMS_PER_CONNECTION) throw broken(this.#options.from, `more than ${MAX_STREAMS_PER_CONNECTION} streams`);
    const inbox = this.#options.inboxOf(name);
    this.#streams.set(id, { id, name, inbox, window: STREAM_WINDOW_BYTES, owed: 0 });
    if (inbox === null) this.#send(MESSAGE.stop, id, 0);
    else inbox.begin(name.producer, () => this.#stop(id));
  }

  #data(stream: Stream, payload: Uint8Array<ArrayBuffer>): void {
    const bytes = payload.byteLength;
    if (bytes === 0) throw broken(this.#options.from, 'an empty frame');
    if (stream.window <= 0) throw broken(this.#options.from, `stream ${stream.id} sent more than its window`);
    stream.window -= bytes;
    if (stream.inbox === null) return this.#settle(stream, bytes);
    stream.inbox.deliver(payload, () => this.#settle(stream, bytes));
  }

  #settle(stream: Stream, bytes: number): void {
    stream.owed += bytes;
    if (stream.owed < CREDIT_STEP_BYTES || !this.#streams.has(stream.id)) return;
    stream.window += stream.owed;
    this.#send(MESSAGE.credit, stream.id, stream.owed);
    stream.owed = 0;
  }

  #stop(id: number): void {
    if (this.#streams.has(id)) this.#send(MESSAGE.stop, id, 0);
  }

  #send(type: Header['type'], stream: number, value: number): void {
    if (!this.#closed) this.#options.socket.write(encodeHeader(type, stream, value));
  }

  #close(reason: AppError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#introduction.cancel();
    this.#options.socket.destroy();
    for (const { inbox, name } of this.#streams.values()) inbox?.fail(streamLost(this.#options.from, name, reason));
    this.#streams.clear();
    this.#options.onClosed(reason);
  }
}

const broken = (from: Rank, what: string): AppError => new AppError('protocol', `direct exchange: worker ${from} broke the protocol: ${what}`);

function connectionEnded(from: Rank, cause: unknown): AppError {
  return new AppError('worker-lost', `the exchange connection of worker ${from} ended`, { retryable: true, ...(cause === null ? {} : { cause }) });
}

function streamLost(from: Rank, name: StreamName, cause: AppError): AppError {
  if (cause.code !== 'worker-lost') return cause;
  return workerLost(from, name, cause);
}

/** A worker died while an edge still waited for its rows. */
export function workerLost(rank: Rank, name: Pick<StreamName, 'query' | 'edge' | 'producer'>, cause?: unknown): AppError {
  const message = `worker ${rank} was lost before fragment ${name.producer} had sent all rows of edge ${name.edge} of query ${name.query}`;
  return new AppError('worker-lost', message, { retryable: true, hint: 'Run the query again; the group replaces lost workers.', cause });
}
