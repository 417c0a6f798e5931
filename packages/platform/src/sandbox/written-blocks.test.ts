import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_BYTES, PAGE_BYTES } from '../module/limits.ts';
import { MAX_STORE_BYTES } from '../module/write-marks.ts';
import { takeSnapshot } from './memory-snapshot.ts';
import { WrittenBlocks } from './written-blocks.ts';

const PAGES = 3;
const BYTES = PAGES * PAGE_BYTES;
const NO_MARKS = new Uint8Array(BYTES / BLOCK_BYTES + 4);
const nearBlock = fc.tuple(fc.nat(BYTES / BLOCK_BYTES - 1), fc.integer({ min: 0, max: 40 })).map(([block, by]) => Math.min(BYTES - 1, (block + 1) * BLOCK_BYTES - by));
const at = fc.oneof(nearBlock, fc.nat(BYTES - 1));
const filled = fc.array(fc.record({ at, length: fc.oneof(fc.nat(20), fc.nat(3 * BLOCK_BYTES)) }), { maxLength: 6 });
/** By the host, who marks a range; or by a store of the guest's, which marks the block that it begins in. */
const written = fc.array(fc.record({ at, length: fc.oneof(fc.integer({ min: 1, max: MAX_STORE_BYTES }), fc.nat(3 * BLOCK_BYTES)), byGuest: fc.boolean() }), { maxLength: 12 });

test('a memory is as it was, whatever was written and marked, and the next run begins without marks', () => {
  const blocks = new WrittenBlocks();
  const marks = new Uint8Array(blocks.marks.buffer);
  fc.assert(fc.property(filled, written, fc.integer({ min: 1, max: PAGES }), (fills, writes, snapshotPages) => {
    const first = new Uint8Array(snapshotPages * PAGE_BYTES);
    for (const [index, fill] of fills.entries()) first.fill(index + 1, fill.at, fill.at + fill.length);
    const snapshot = takeSnapshot(first);
    // As for larger inputs: the memory may be larger than the one that the snapshot is of.
    const memory = new Uint8Array(BYTES);
    memory.set(first);
    const before = memory.slice();
    for (const { at: from, length, byGuest } of writes) {
      const end = Math.min(from + (byGuest ? Math.min(length, MAX_STORE_BYTES) : length), BYTES);
      if (byGuest) marks[Math.floor(from / BLOCK_BYTES)] = 1;
      else blocks.mark(from, end - from);
      memory.fill(255, from, end);
    }
    blocks.restore(memory, snapshot);
    expect(Buffer.compare(memory, before)).toBe(0);
    expect(Buffer.compare(marks.subarray(0, NO_MARKS.length), NO_MARKS)).toBe(0);
    memory.fill(7);
    snapshot.restore(memory);
    expect(Buffer.compare(memory, before)).toBe(0);
  }), { numRuns: 200 });
});

test('marks stay until the last of the runs that may have made them is put back', () => {
  const blocks = new WrittenBlocks();
  const memories = [1, 2].map((byte) => new Uint8Array(BYTES).fill(byte, 0, BLOCK_BYTES).fill(byte, byte * 5 * BLOCK_BYTES, byte * 5 * BLOCK_BYTES + 9));
  const first = takeSnapshot(new Uint8Array(PAGE_BYTES));
  for (const byte of [1, 2]) {
    blocks.begin();
    blocks.mark(0, BLOCK_BYTES);
    blocks.mark(byte * 5 * BLOCK_BYTES, 9);
  }
  for (const memory of memories) {
    blocks.restore(memory, first);
    blocks.end();
    expect(memory.every((byte) => byte === 0)).toBe(true);
  }
  expect(Buffer.compare(new Uint8Array(blocks.marks.buffer).subarray(0, NO_MARKS.length), NO_MARKS)).toBe(0);
});
