/** Reads the body of a frame from front to back. Whatever does not fit is `protocol`: nothing is read beyond the end. */
import { MAX_TEXT_BYTES } from './limits.ts';
import { brokenProtocol } from './protocol.ts';

export class BodyReader {
  #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get leftBytes(): number {
    return this.#body.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#body[at] as number;
  }

  u16(): number {
    return this.#body.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#body.readUInt32LE(this.#take(4));
  }

  f64(): number {
    return this.#body.readDoubleLE(this.#take(8));
  }

  text(): string {
    const bytes = this.u32();
    if (bytes > MAX_TEXT_BYTES) throw brokenProtocol(`a text of ${bytes} bytes`);
    const at = this.#take(bytes);
    return this.#body.toString('utf8', at, at + bytes);
  }

  /** A view. */
  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#body.subarray(at, at + length);
  }

  rest(): Buffer {
    return this.bytes(this.leftBytes);
  }

  /** A count of things that take at least `eachBytes` each, so that no list is longer than its frame. */
  count(count: number, eachBytes: number): number {
    if (count * eachBytes > this.leftBytes) throw brokenProtocol(`a list of ${count} that is longer than its frame`);
    return count;
  }

  end(): void {
    if (this.leftBytes !== 0) throw brokenProtocol(`${this.leftBytes} bytes after the end of a body`);
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#body.length) throw brokenProtocol('a body that ends early');
    this.#at = at + bytes;
    return at;
  }
}
