/** The first state of a memory: the blocks that are not zero. Most of a memory is zero, and clearing is cheaper than copying. */
import { BLOCK_BYTES } from '../module/limits.ts';
import { MAX_STORE_BYTES } from '../module/write-marks.ts';
import type { WrittenBlocks } from './written-blocks.ts';

const ZEROS = Buffer.alloc(BLOCK_BYTES);
/** A store that begins in one block may reach so far into the next. */
const REACH_BYTES = MAX_STORE_BYTES - 1;

export class MemorySnapshot {
  /** Up to the last one that is not zero. A memory may be larger than the one that they were taken from. */
  readonly #blocks: readonly (Uint8Array | null)[];
  readonly keptBytes: number;

  constructor(blocks: readonly (Uint8Array | null)[]) {
    this.#blocks = blocks;
    this.keptBytes = blocks.reduce((sum, block) => sum + (block?.length ?? 0), 0);
  }

  /** Marks the blocks that are not zero. */
  mark(written: WrittenBlocks): void {
    this.#blocks.forEach((block, index) => {
      if (block !== null) written.mark(index * BLOCK_BYTES, BLOCK_BYTES);
    });
  }

  /** Makes a memory zero that is as it was. */
  clear(memory: Uint8Array): void {
    this.#blocks.forEach((block, index) => {
      if (block !== null) memory.fill(0, index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    });
  }

  /** Gives every byte of the memory the value that it had. */
  restore(memory: Uint8Array): void {
    this.restoreBlocks(memory, 0, memory.length / BLOCK_BYTES);
  }

  /** Those from `first` to before `end`, and as much of the next as a store reaches. */
  restoreBlocks(memory: Uint8Array, first: number, end: number): void {
    const blocks = this.#blocks;
    let zeroFrom = first * BLOCK_BYTES;
    for (let index = first; index < end && index < blocks.length; index++) {
      const block = blocks[index] as Uint8Array | null;
      if (block === null) continue;
      const at = index * BLOCK_BYTES;
      if (at > zeroFrom) memory.fill(0, zeroFrom, at);
      memory.set(block, at);
      zeroFrom = at + BLOCK_BYTES;
    }
    const next = blocks[end] ?? null;
    const at = end * BLOCK_BYTES;
    memory.fill(0, zeroFrom, next === null ? at + REACH_BYTES : at);
    if (next !== null && at < memory.length) memory.set(next.subarray(0, REACH_BYTES), at);
  }
}

/** Of a memory that is all zeros. */
export const NO_BLOCKS: MemorySnapshot = new MemorySnapshot([]);

export function takeSnapshot(memory: Uint8Array): MemorySnapshot {
  const blocks: (Uint8Array | null)[] = [];
  for (let at = 0; at < memory.length; at += BLOCK_BYTES) {
    blocks.push(ZEROS.compare(memory, at, at + BLOCK_BYTES) === 0 ? null : memory.slice(at, at + BLOCK_BYTES));
  }
  while (blocks.at(-1) === null) blocks.pop();
  return new MemorySnapshot(blocks);
}
