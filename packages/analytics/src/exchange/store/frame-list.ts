/** A part of a store object: its frames one behind the other, each with its length (4 bytes, little-endian) in front. */
import { AppError } from '@pappus/core';
import { MAX_FRAME_BYTES } from '../limits.ts';
import type { Frame } from '../transport.ts';

export const LENGTH_BYTES = 4;

export function encodeLength(bytes: number): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(bytes, 0);
  return length;
}

/** Slices of one part in, frames out; each frame is copied once, into a buffer of its own. */
export class FrameListParser {
  readonly #name: string;
  readonly #length: Uint8Array<ArrayBuffer> = new Uint8Array(LENGTH_BYTES);
  #frame: Frame | null = null;
  #filled = 0;
  #slice: Uint8Array | null = null;
  #position = 0;

  /** `name` is for errors. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The next slice; `next` has returned null before. */
  push(slice: Uint8Array): void {
    this.#slice = slice;
    this.#position = 0;
  }

  /** The next frame, or null when another slice is needed. */
  next(): Frame | null {
    for (;;) {
      const target = this.#frame ?? this.#length;
      if (!this.#fill(target)) return null;
      this.#filled = 0;
      if (this.#frame !== null) {
        const frame = this.#frame;
        this.#frame = null;
        return frame;
      }
      this.#frame = this.#allocate();
    }
  }

  /** Throws `corrupt-data` when the part ends within a frame. */
  end(): void {
    if (this.#frame !== null || this.#filled > 0) throw new AppError('corrupt-data', `${this.#name} ends within a frame`);
  }

  #fill(target: Uint8Array): boolean {
    if (this.#slice === null) return false;
    const count = Math.min(target.byteLength - this.#filled, this.#slice.byteLength - this.#position);
    target.set(this.#slice.subarray(this.#position, this.#position + count), this.#filled);
    this.#position += count;
    this.#filled += count;
    if (this.#position === this.#slice.byteLength) this.#slice = null;
    return this.#filled === target.byteLength;
  }

  #allocate(): Frame {
    const length = new DataView(this.#length.buffer).getUint32(0, true);
    if (length > 0 && length <= MAX_FRAME_BYTES) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    throw new AppError('corrupt-data', `${this.#name} holds a frame of ${length} bytes`);
  }
}
