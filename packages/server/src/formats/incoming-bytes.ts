/**
 * The bytes of a body while they arrive, taken in the lengths that a decoder wants. What is to be kept gets a buffer of its
 * own, into which the pieces are copied as they come, or is kept in these pieces: so it is in memory once.
 */
import { assert } from '@pappus/core';
import { CollectedBytes } from '../http/body-buffer.ts';
import { READ_AHEAD_BYTES } from '../limits.ts';
import { BytesInOne, BytesInPieces, type LongBytes } from './long-bytes.ts';

export interface IncomingOptions {
  /** More bytes than this do not come. */
  readonly most: number;
  /** So many bytes are going to be kept; false: not now, `roomAgain` is called when they may. */
  readonly reserve: (bytes: number) => boolean;
  /** So many of them are not kept any more. */
  readonly release: (bytes: number) => void;
  /** After `piece` has said that it is enough: there is room again. */
  readonly goOn: () => void;
}

const EMPTY = Buffer.alloc(0);

export class IncomingBytes {
  readonly #options: IncomingOptions;
  #chunks: Buffer[] = [];
  #queued = 0;
  #left: number;
  /** Bytes that were gathered and put back: where they end in the body, how many they were. */
  #again: { readonly end: number; readonly bytes: number } | null = null;
  /** What is being filled. */
  #target: LongBytes | null = null;
  /** Bytes for which somebody waits. */
  #wanted = 0;
  #wake: (() => void) | null = null;
  /** Who waits for room. */
  #enter: (() => void) | null = null;
  #ended = false;
  #failure: { readonly reason: unknown } | null = null;
  #full = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
    this.#left = options.most;
  }

  /** The next piece. False: no more, until `goOn`. */
  piece(chunk: Buffer): boolean {
    this.#left -= chunk.length;
    this.#chunks.push(chunk);
    this.#queued += chunk.length;
    this.#fill();
    if (this.#target === null ? this.#queued >= this.#wanted : this.#target.isFull) this.#awake();
    // Bytes that are queued although there is something to fill have no room.
    this.#full = this.#queued >= READ_AHEAD_BYTES && (this.#wake === null || this.#target !== null);
    return !this.#full;
  }

  /** There is room again for bytes that could not be reserved. */
  roomAgain(): void {
    this.#fill();
    if (this.#target !== null) this.#awake();
    this.#enter?.();
    this.#enter = null;
  }

  end(): void {
    this.#ended = true;
    this.#awake();
  }

  /** Whoever reads gets the reason. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#chunks = [];
    this.#queued = 0;
    this.#target = null;
    this.roomAgain();
    this.#awake();
  }

  /** The next `count` bytes, which are few, or all that are left; they hold until the next call. */
  async take(count: number): Promise<Buffer> {
    this.#forgetAgain();
    if (this.#queued < count) await this.#until(count);
    const [first = EMPTY] = this.#chunks;
    if (first.length > count) {
      this.#chunks[0] = first.subarray(count);
      this.#queued -= count;
      return first.subarray(0, count);
    }
    const taken: Buffer[] = [];
    for (let left = Math.min(count, this.#queued); left > 0; ) {
      const part = this.#cut(left);
      taken.push(part);
      left -= part.length;
    }
    return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken);
  }

  /** The next `count` bytes in a buffer of their own, or all that are left. */
  async gather(count: number): Promise<Buffer> {
    const target = new BytesInOne(this.#lengthOf(count));
    await this.#gather(target);
    return target.end();
  }

  /** The same, in the pieces that they come in, where these are not small. */
  async gatherPieces(count: number): Promise<readonly Buffer[]> {
    const target = new BytesInPieces(this.#lengthOf(count));
    await this.#gather(target);
    return target.pieces;
  }

  /** What stands before `delimiter`, in a buffer of its own; the delimiter is gone then. Null where it does not come, or not within `most` bytes. */
  async gatherUntil(delimiter: Buffer, most: number): Promise<Buffer | null> {
    const kept = new CollectedBytes(null, this.#options.most);
    let window: Buffer = EMPTY;
    for (;;) {
      const found = window.indexOf(delimiter);
      // What may be the beginning of a delimiter stays for the next round.
      const sure = found < 0 ? Math.max(0, window.length - delimiter.length + 1) : found;
      if (kept.length + sure > most) return null;
      if (sure > 0) {
        while (!this.#options.reserve(sure)) await this.#room();
        kept.append(window.subarray(0, sure));
      }
      if (found >= 0) {
        this.unread(window.subarray(found + delimiter.length));
        return kept.own;
      }
      if (this.#queued === 0) await this.#until(1);
      if (this.#queued === 0) return null;
      const next = this.#cut(Infinity);
      const tail = window.subarray(sure);
      window = tail.length === 0 ? next : Buffer.concat([tail, next]);
    }
  }

  /** They come again. */
  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#queued += bytes.length;
  }

  /** What was gathered was not wanted so, and comes again: it is kept as long as something of it is to come. One at a time. */
  putBack(bytes: Buffer): void {
    assert(this.#again === null, 'bytes were put back before those put back earlier had come again');
    this.unread(bytes);
    this.#again = { end: this.#at + bytes.length, bytes: bytes.length };
  }

  /** Something that was gathered is not kept any more. */
  release(bytes: number): void {
    this.#options.release(bytes);
  }

  /** Reads to the end and forgets what comes. */
  async drain(): Promise<void> {
    for (;;) {
      this.#chunks = [];
      this.#queued = 0;
      this.#forgetAgain();
      await this.#until(1);
      if (this.#queued === 0) return;
    }
  }

  /** Where the next byte stands in the body. */
  get #at(): number {
    return this.#options.most - this.#left - this.#queued;
  }

  #forgetAgain(): void {
    if (this.#again === null || this.#at < this.#again.end) return;
    this.release(this.#again.bytes);
    this.#again = null;
  }

  /** An item that says that it is longer than all there is gets no more memory for it. */
  #lengthOf(count: number): number {
    if (this.#failure !== null) throw this.#failure.reason;
    return Math.min(count, this.#queued + this.#left);
  }

  /** The next bytes into the target, as long as there are any. */
  async #gather(target: LongBytes): Promise<void> {
    this.#target = target;
    this.#fill();
    while (!target.isFull && (this.#queued > 0 || !this.#ended)) await this.#until(0);
    this.#target = null;
  }

  /** What is queued to where it belongs, as far as there is room for it. */
  #fill(): void {
    const target = this.#target;
    if (target === null) return;
    while (this.#queued > 0 && !target.isFull) {
      const part = Math.min(this.#chunks[0]?.length ?? 0, target.left);
      if (!this.#options.reserve(part)) return;
      target.append(this.#cut(part));
    }
  }

  /** The next bytes that lie together, at most so many. */
  #cut(most: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    const part = first.length > most ? first.subarray(0, most) : first;
    if (part.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(most);
    this.#queued -= part.length;
    return part;
  }

  /** Until so many bytes are queued, something was filled, or nothing more comes. */
  async #until(bytes: number): Promise<void> {
    if (this.#failure === null && (!this.#ended || this.#target !== null)) {
      this.#wanted = bytes;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#readOn();
      await woken;
    }
    if (this.#failure !== null) throw this.#failure.reason;
  }

  /** Until it may be that there is room. */
  async #room(): Promise<void> {
    if (this.#failure === null) await new Promise<void>((resolve) => (this.#enter = resolve));
    if (this.#failure !== null) throw this.#failure.reason;
  }

  #readOn(): void {
    if (!this.#full || this.#queued >= READ_AHEAD_BYTES) return;
    this.#full = false;
    this.#options.goOn();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
