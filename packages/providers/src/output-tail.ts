/** The end of an instance's output: bounded, and whole characters only. */
import { MAX_LAST_WORDS_BYTES } from './limits.ts';

export class OutputTail {
  #tail: Buffer = Buffer.alloc(0);
  #cut = false;

  push(chunk: Buffer): void {
    const joined = Buffer.concat([this.#tail, chunk.subarray(-MAX_LAST_WORDS_BYTES)]);
    this.#cut ||= joined.length > MAX_LAST_WORDS_BYTES || chunk.length > MAX_LAST_WORDS_BYTES;
    this.#tail = joined.subarray(-MAX_LAST_WORDS_BYTES);
  }

  text(): string {
    if (!this.#cut) return this.#tail.toString('utf8').trimEnd();
    let start = 0;
    while (start < 4 && ((this.#tail[start] ?? 0) & 0xc0) === 0x80) start += 1; // the rest of a character whose begin was cut off
    return `…${this.#tail.subarray(start).toString('utf8').trimEnd()}`;
  }
}
