/** Collects the bytes of a module that is being written, without copying the parts that stay as they are. */
import { u32Bytes } from './byte-reader.ts';

export class ByteSink {
  readonly #chunks: Uint8Array[] = [];
  length = 0;

  push(bytes: Uint8Array | readonly number[]): void {
    const chunk = bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** Adds a function body, with its size before it. */
  body(bytes: Uint8Array | readonly number[]): void {
    this.push(u32Bytes(bytes.length));
    this.push(bytes);
  }

  /** Adds a section; the answer is where its content begins. */
  section(id: number, content: ByteSink): number {
    this.push([id, ...u32Bytes(content.length)]);
    const start = this.length;
    for (const chunk of content.#chunks) this.push(chunk);
    return start;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
