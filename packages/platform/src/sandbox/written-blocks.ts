/**
 * Which blocks of its memory a run has written to: marked by the guest's code (`module/write-marks.ts`) and by the host.
 * One object serves all sandboxes of a thread, which has one run at a time.
 *
 * A mark too many does no harm: it makes a block new that is so already. So marks may stay behind when a memory is
 * dropped rather than restored.
 */
import { BLOCK_BITS, BLOCK_BYTES, MARK_PAGES } from '../module/limits.ts';
import { webAssembly, type WasmMemory } from '../module/web-assembly.ts';
import type { MemorySnapshot } from './memory-snapshot.ts';

/** Marks are looked at so many at a time; a memory has a multiple of this. */
const MARKS_PER_WORD = 4;

export class WrittenBlocks {
  /** One byte for each block. */
  readonly marks: WasmMemory = new webAssembly.Memory({ initial: MARK_PAGES, maximum: MARK_PAGES });
  readonly #bytes = new Uint8Array(this.marks.buffer);
  readonly #words = new Int32Array(this.marks.buffer);

  /** For what the host writes; the range is in the memory. */
  mark(at: number, length: number): void {
    if (length === 0) return;
    const end = ((at + length - 1) >>> BLOCK_BITS) + 1;
    for (let block = at >>> BLOCK_BITS; block < end; block++) this.#bytes[block] = 1;
  }

  /** Makes the marked blocks of `memory` as the snapshot has them, and takes the marks away. */
  restore(memory: Uint8Array, snapshot: MemorySnapshot): void {
    const blocks = memory.length / BLOCK_BYTES;
    for (let word = 0; word * MARKS_PER_WORD < blocks; word++) {
      while (this.#words[word] !== 0 && word * MARKS_PER_WORD < blocks) this.#restoreRun(memory, snapshot, word * MARKS_PER_WORD, blocks);
    }
  }

  /** The first run of marked blocks from a block on, where there is one within its word. */
  #restoreRun(memory: Uint8Array, snapshot: MemorySnapshot, from: number, blocks: number): void {
    const bytes = this.#bytes;
    let first = from;
    while (bytes[first] === 0) first++;
    let end = first;
    while (end < blocks && bytes[end] !== 0) bytes[end++] = 0;
    snapshot.restoreBlocks(memory, first, end);
  }
}
