/** Values by key up to a number of bytes; the one not used for longest goes first. A Map keeps the order of use. */
import { assert } from '@pappus/core';

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

export class ByteLru<V> {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;
  #evictions = 0;

  constructor(maxBytes: number) {
    assert(maxBytes >= 0, `a cache of ${maxBytes} bytes`);
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** False for what is larger than the whole: it is not kept. */
  set(key: string, value: V, bytes: number): boolean {
    this.delete(key);
    if (bytes > this.#maxBytes) return false;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= freed;
      this.#evictions += 1;
    }
    return true;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
