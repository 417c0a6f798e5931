/**
 * Collects blocks into a frame. The staging memory is reused, so its pages stay warm; a finished frame is an
 * exact copy that its receiver may transfer to another thread.
 */
import { assert, AppError } from '@pappus/core';
import { NativeBuffer, type Native } from '../duckdb/memory.ts';
import type { Pointer } from '../duckdb/bindings.ts';
import type { Frame } from '../exchange/transport.ts';
import { blockHeaderBytes, frameHeaderBytes, nodeHeaderBytes, padded, sealFrame } from './frame.ts';
import { engineLimits } from './limits.ts';

export class FrameBuilder {
  readonly #native: Native;
  readonly #schema: number;
  readonly #initialBytes: number;
  #staging: NativeBuffer;
  #end: number = frameHeaderBytes;
  #blockStart = 0;
  #rows = 0;
  #blocks = 0;

  constructor(native: Native, schema: number, targetBytes: number) {
    this.#native = native;
    this.#schema = schema;
    this.#initialBytes = padded(targetBytes + targetBytes / 4);
    this.#staging = new NativeBuffer(this.#initialBytes);
  }

  get byteLength(): number {
    return this.#end;
  }

  get rows(): number {
    return this.#rows;
  }

  beginBlock(rows: number): void {
    this.#blockStart = this.#reserve(blockHeaderBytes);
    this.#staging.words[this.#blockStart / 4 + 1] = rows;
    this.#rows += rows;
    this.#blocks += 1;
  }

  endBlock(): void {
    this.#staging.words[this.#blockStart / 4] = this.#end - this.#blockStart;
  }

  /** Returns where the node begins, for `endNode`. */
  beginNode(flags: number): number {
    const start = this.#reserve(nodeHeaderBytes);
    this.#staging.words[start / 4 + 1] = flags;
    return start;
  }

  endNode(start: number): void {
    this.#staging.words[start / 4] = this.#end - start;
  }

  /** Appends native memory and returns where it begins. */
  append(source: Pointer, bytes: number): number {
    const start = this.#reserve(padded(bytes));
    if (bytes > 0) this.#native.copy(this.#staging.address + start, source, bytes);
    return start;
  }

  appendWords(first: number, second: number): void {
    const at = this.#reserve(8) / 4;
    this.#staging.words[at] = first;
    this.#staging.words[at + 1] = second;
  }

  /** The staging memory as 32-bit words, to correct what was just appended; stale after the next append. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#staging.words;
  }

  /** The frame, or null when no row was collected; begins the next one. */
  finish(): Frame | null {
    if (this.#blocks === 0) return null;
    const frame = new Uint8Array(this.#staging.buffer.slice(0, this.#end));
    sealFrame(frame, { schema: this.#schema, rows: this.#rows, blocks: this.#blocks });
    if (this.#staging.buffer.byteLength > this.#initialBytes) this.#staging = new NativeBuffer(this.#initialBytes);
    this.#end = frameHeaderBytes;
    this.#rows = 0;
    this.#blocks = 0;
    return frame;
  }

  #reserve(bytes: number): number {
    const start = this.#end;
    const end = start + bytes;
    assert(bytes % 8 === 0, 'parts of a frame are whole 8-byte words');
    if (end > this.#staging.buffer.byteLength) this.#grow(end);
    this.#end = end;
    return start;
  }

  #grow(needed: number): void {
    const limit = engineLimits.frameMaximumBytes;
    if (needed > limit) throw new AppError('resource-exhausted', `2,048 rows need more than ${limit} bytes; such rows cannot travel between stages`);
    const larger = new NativeBuffer(Math.min(limit, padded(Math.max(needed, this.#staging.buffer.byteLength * 2))));
    larger.bytes.set(this.#staging.bytes.subarray(0, this.#end));
    this.#staging = larger;
  }
}
