/**
 * Socket chunks in, messages out. A payload is copied once, from the chunks into a buffer of its own, so that
 * it is 8-byte aligned and its ArrayBuffer can be transferred to another thread.
 */
import { decodeHeader, HEADER_BYTES, payloadBytes, type Header } from './protocol.ts';

export type MessageListener = (header: Header, payload: Uint8Array<ArrayBuffer>) => void;

const EMPTY: Uint8Array<ArrayBuffer> = new Uint8Array(0);

export class MessageParser {
  readonly #onMessage: MessageListener;
  readonly #headerBytes: Uint8Array<ArrayBuffer> = new Uint8Array(HEADER_BYTES);
  #header: Header | null = null;
  #payload: Uint8Array<ArrayBuffer> = EMPTY;
  /** Bytes of the header, or of the payload once the header is known, that have arrived. */
  #filled = 0;

  constructor(onMessage: MessageListener) {
    this.#onMessage = onMessage;
  }

  /** True between two messages. */
  get atBoundary(): boolean {
    return this.#header === null && this.#filled === 0;
  }

  /** Throws `protocol` on garbage; the parser is of no use afterwards. */
  push(chunk: Uint8Array): void {
    let position = 0;
    while (position < chunk.byteLength) {
      const target = this.#header === null ? this.#headerBytes : this.#payload;
      const count = Math.min(target.byteLength - this.#filled, chunk.byteLength - position);
      target.set(chunk.subarray(position, position + count), this.#filled);
      this.#filled += count;
      position += count;
      if (this.#filled === target.byteLength) this.#advance();
    }
  }

  #advance(): void {
    this.#filled = 0;
    if (this.#header !== null) return this.#emit(this.#header, this.#payload);
    const header = decodeHeader(this.#headerBytes);
    const length = payloadBytes(header);
    if (length === 0) return this.#emit(header, EMPTY);
    this.#header = header;
    this.#payload = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  }

  #emit(header: Header, payload: Uint8Array<ArrayBuffer>): void {
    this.#header = null;
    this.#payload = EMPTY;
    this.#onMessage(header, payload);
  }
}
