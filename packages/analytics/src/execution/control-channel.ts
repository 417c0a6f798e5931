/**
 * Messages between driver and worker over one stream: u32 little-endian length, then that many bytes of JSON with a
 * `kind`. The stream comes from the group, so both sides have proved that they know its secret.
 */
import type { Duplex } from 'node:stream';
import { AppError, errorMessage } from '@pappus/core';
import { MAX_CONTROL_MESSAGE_BYTES } from './limits.ts';

const HEADER_BYTES = 4;

export interface ControlChannelOptions<Incoming> {
  readonly stream: Duplex;
  readonly onMessage: (message: Incoming) => void;
  /** Once, when nothing can be sent or received any more; null when the peer closed in good order. */
  readonly onClose: (error: AppError | null) => void;
}

export class ControlChannel<Outgoing, Incoming> {
  readonly #options: ControlChannelOptions<Incoming>;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #closed = false;

  constructor(options: ControlChannelOptions<Incoming>) {
    this.#options = options;
    const { stream } = options;
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    stream.on('error', (error) => this.#close(new AppError('unavailable', `a control stream failed: ${errorMessage(error)}`, { cause: error })));
    stream.on('end', () => this.#close(null));
    stream.on('close', () => this.#close(null));
    stream.resume();
  }

  send(message: Outgoing): void {
    if (this.#closed) return;
    const body = Buffer.from(JSON.stringify(message));
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(body.length);
    this.#options.stream.write(Buffer.concat([header, body]));
  }

  close(): void {
    this.#close(null);
  }

  #receive(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    try {
      while (this.#deliver());
    } catch (thrown) {
      this.#close(new AppError('protocol', `a control message cannot be read: ${errorMessage(thrown)}`, { cause: thrown }));
    }
  }

  /** Hands on one message when it is whole. */
  #deliver(): boolean {
    if (this.#closed || this.#pendingBytes < HEADER_BYTES) return false;
    const first = this.#joined(HEADER_BYTES);
    const length = first.readUInt32LE(0);
    if (length > MAX_CONTROL_MESSAGE_BYTES) throw new AppError('protocol', `a control message of ${length} bytes`);
    if (this.#pendingBytes < HEADER_BYTES + length) return false;
    const whole = this.#joined(HEADER_BYTES + length);
    const rest = whole.subarray(HEADER_BYTES + length);
    this.#pending = rest.length === 0 ? [] : [rest, ...this.#pending.slice(1)];
    this.#pendingBytes -= HEADER_BYTES + length;
    const message: unknown = JSON.parse(whole.toString('utf8', HEADER_BYTES, HEADER_BYTES + length));
    if (typeof message !== 'object' || message === null || !('kind' in message)) throw new AppError('protocol', 'a control message without a kind');
    this.#options.onMessage(message as Incoming);
    return true;
  }

  /** The first pending buffer, joined with the next ones until it has this many bytes. */
  #joined(bytes: number): Buffer {
    const first = this.#pending[0] ?? Buffer.alloc(0);
    if (first.length >= bytes) return first;
    const whole = Buffer.concat(this.#pending);
    this.#pending = [whole];
    return whole;
  }

  #close(error: AppError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.stream.destroy();
    this.#options.onClose(error);
  }
}
