/** What a run prints to stdout or stderr: the first bytes are kept, the rest is counted. */
const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 256;

export class LogSink {
  readonly #limit: number;
  #bytes: Buffer = EMPTY;
  #size = 0;
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get empty(): boolean {
    return this.#size === 0 && this.dropped === 0;
  }

  /** Gives how many of the bytes are kept. */
  write(data: Uint8Array): number {
    const room = Math.min(data.length, this.#limit - this.#size);
    this.dropped += data.length - room;
    if (room === 0) return 0;
    if (this.#size + room > this.#bytes.length) this.#grow(this.#size + room);
    this.#bytes.set(room === data.length ? data : data.subarray(0, room), this.#size);
    this.#size += room;
    return room;
  }

  text(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** The bytes belong to whoever took the text: a new run begins with new ones. */
  forget(): void {
    this.#bytes = EMPTY;
    this.#size = 0;
    this.dropped = 0;
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(size, this.#bytes.length * 2, FIRST_BYTES));
    this.#bytes.copy(bytes, 0, 0, this.#size);
    this.#bytes = bytes;
  }
}
