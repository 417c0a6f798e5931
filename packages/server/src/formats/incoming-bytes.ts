/**
 * The bytes of a body while they arrive, taken in the lengths that a decoder wants. What is to be kept gets a buffer of its
 * own, into which the pieces are copied as they come: so it is in memory once, and the pieces are free at once.
 */
import { READ_AHEAD_BYTES } from '../limits.ts';

export interface IncomingOptions {
  /** More bytes than this do not come. */
  readonly most: number;
  /** So many bytes are going to be kept; may throw. */
  readonly reserve: (bytes: number) => void;
  /** After `piece` has said that it is enough: there is room again. */
  readonly goOn: () => void;
}

const EMPTY = Buffer.alloc(0);

export class IncomingBytes {
  readonly #options: IncomingOptions;
  #chunks: Buffer[] = [];
  #queued = 0;
  #left: number;
  /** What is being filled, and how much of it is. */
  #target: Buffer | null = null;
  #filled = 0;
  /** Bytes for which somebody waits. */
  #wanted = 0;
  #wake: (() => void) | null = null;
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
    const rest = this.#target === null ? chunk : this.#fill(this.#target, chunk);
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#queued += rest.length;
    }
    if (this.#target === null ? this.#queued >= this.#wanted : this.#filled === this.#target.length) this.#awake();
    this.#full = this.#queued >= READ_AHEAD_BYTES && this.#wake === null;
    return !this.#full;
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
    this.#awake();
  }

  /** The next `count` bytes, which are few, or all that are left; they hold until the next call. */
  async take(count: number): Promise<Buffer> {
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
    if (this.#failure !== null) throw this.#failure.reason;
    // An item that says that it is longer than all there is gets no more memory for it.
    const length = Math.min(count, this.#queued + this.#left);
    this.#options.reserve(length);
    const target = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length && this.#queued > 0) filled += this.#cut(length - filled).copy(target, filled);
    if (filled < length && !this.#ended) {
      this.#target = target;
      this.#filled = filled;
      await this.#until(0);
      this.#target = null;
      filled = this.#filled;
    }
    return filled === length ? target : target.subarray(0, filled);
  }

  /** What stands before `delimiter`, in a buffer of its own; the delimiter is gone then. Null where it does not come, or not within `most` bytes. */
  async gatherUntil(delimiter: Buffer, most: number): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let window: Buffer = EMPTY;
    for (;;) {
      const found = window.indexOf(delimiter);
      // What may be the beginning of a delimiter stays for the next round.
      const sure = found < 0 ? Math.max(0, window.length - delimiter.length + 1) : found;
      bytes += sure;
      if (bytes > most) return null;
      if (sure > 0) {
        this.#options.reserve(sure);
        pieces.push(window.subarray(0, sure));
      }
      if (found >= 0) {
        this.unread(window.subarray(found + delimiter.length));
        return pieces.length === 1 ? Buffer.from(pieces[0] as Buffer) : Buffer.concat(pieces);
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

  /** Reads to the end and forgets what comes. */
  async drain(): Promise<void> {
    for (;;) {
      this.#chunks = [];
      this.#queued = 0;
      await this.#until(1);
      if (this.#queued === 0) return;
    }
  }

  /** Copies what belongs to the target, and gives the rest. */
  #fill(target: Buffer, chunk: Buffer): Buffer {
    const taken = chunk.copy(target, this.#filled);
    this.#filled += taken;
    return chunk.subarray(taken);
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

  /** Until so many bytes are queued, the target is full, or nothing more comes. */
  async #until(bytes: number): Promise<void> {
    if (this.#failure === null && !this.#ended) {
      this.#wanted = bytes;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#full) {
        this.#full = false;
        this.#options.goOn();
      }
      await woken;
    }
    if (this.#failure !== null) throw this.#failure.reason;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
