/** Bytes that arrive in pieces, taken in lengths that the reader wants. What is long is copied once, into its own buffer. */
import type { ArrivingBytes } from './tar-reader.ts';

const EMPTY = new Uint8Array(0);

export class ByteQueue implements ArrivingBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  #head: Uint8Array = EMPTY;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, or all that come. */
  async take(count: number): Promise<Uint8Array> {
    if (count === 0) return EMPTY;
    if (this.#head.length === 0 && !(await this.#fill())) return EMPTY;
    if (this.#head.length >= count) return this.#cut(count);
    const whole = new Uint8Array(count);
    let at = 0;
    for (;;) {
      const part = this.#cut(Math.min(count - at, this.#head.length));
      whole.set(part, at);
      at += part.length;
      if (at === count) return whole;
      if (!(await this.#fill())) return whole.subarray(0, at);
    }
  }

  /** Nothing is written over the bytes that were taken: they may be kept. */
  gather(count: number): Promise<Uint8Array> {
    return this.take(count);
  }

  /** Reads to the end and forgets what comes. */
  async drain(): Promise<void> {
    while (await this.#fill());
  }

  /** The reader wants no more: the source may end. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  #cut(count: number): Uint8Array {
    const part = this.#head.subarray(0, count);
    this.#head = this.#head.subarray(count);
    return part;
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) return false;
      if (value.length === 0) continue;
      this.#head = value;
      return true;
    }
  }
}
