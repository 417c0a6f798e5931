/**
 * Collects a response item: its head, then the body as it arrives, in one growing buffer. A server that sends byte by
 * byte costs no more memory than its bytes, and one that announces much and sends nothing costs only the first piece.
 */
import type { ByteBudget } from '../byte-budget.ts';
import { FIRST_RESPONSE_BYTES } from '../limits.ts';

export class ResponseBuffer {
  readonly #budget: ByteBudget;
  #bytes: Buffer = Buffer.alloc(0);
  #used = 0;
  #reserved = 0;
  #expected = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** `expectedBytes` more are announced. False when the budget has no room. */
  start(head: Buffer, expectedBytes: number): boolean {
    this.#expected = head.length + expectedBytes;
    return this.#reserve(Math.min(this.#expected, head.length + FIRST_RESPONSE_BYTES)) && this.append(head);
  }

  append(chunk: Buffer): boolean {
    const wanted = this.#used + chunk.length;
    if (wanted > this.#bytes.length && !this.#reserve(this.#grown(wanted)) && !this.#reserve(wanted)) return false;
    chunk.copy(this.#bytes, this.#used);
    this.#used = wanted;
    return true;
  }

  /** What was collected, in memory of its own size. */
  finish(): Uint8Array {
    const { buffer, byteOffset, length } = this.#bytes;
    const wasted = length - this.#used;
    if (wasted === 0 || (wasted < 4_096 && wasted < this.#used)) return new Uint8Array(buffer, byteOffset, this.#used);
    return new Uint8Array(this.#bytes.subarray(0, this.#used));
  }

  /** The budget gets back what was taken from it. */
  release(): void {
    this.#budget.give(this.#reserved);
    this.#reserved = 0;
    this.#bytes = Buffer.alloc(0);
    this.#used = 0;
  }

  /** Straight to what was announced once enough of it has come; doubled without an announcement. */
  #grown(wanted: number): number {
    const { length } = this.#bytes;
    const next = this.#expected > length ? Math.min(this.#expected, length * 16) : length * 2;
    return Math.max(wanted, next);
  }

  #reserve(bytes: number): boolean {
    if (!this.#budget.take(bytes - this.#reserved)) return false;
    this.#reserved = bytes;
    const grown = Buffer.allocUnsafeSlow(bytes);
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
    return true;
  }
}
