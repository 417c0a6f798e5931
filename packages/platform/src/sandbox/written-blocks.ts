/**
 * Which blocks of its memory a run has written to: marked by the guest's code (`module/write-marks.ts`) and by the host.
 * One object serves all sandboxes of a thread. It has one run at a time, but a run whose outputs are lent is put back only
 * later, when others have run and marked in the same bytes. So marks are taken away when the last of the runs that may have
 * made them is put back, and not before: whoever is put back sooner gets the marks of all.
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
  /** That have begun and are not put back. */
  #runs = 0;

  /** For what the host writes; the range is in the memory. */
  mark(at: number, length: number): void {
    if (length === 0) return;
    const end = ((at + length - 1) >>> BLOCK_BITS) + 1;
    for (let block = at >>> BLOCK_BITS; block < end; block++) this.#bytes[block] = 1;
  }

  /** A run begins that marks what it writes; `end` follows, whatever becomes of it. */
  begin(): void {
    this.#runs++;
  }

  /** It is put back, or its memory is dropped. */
  end(): void {
    this.#runs--;
  }

  /** Makes the marked blocks of `memory` as the snapshot has them. Between `begin` and `end` of the run that it belongs to. */
  restore(memory: Uint8Array, snapshot: MemorySnapshot): void {
    const words = this.#words;
    const blocks = memory.length / BLOCK_BYTES;
    for (let block = 0; block < blocks; ) {
      if (block % MARKS_PER_WORD === 0 && words[block / MARKS_PER_WORD] === 0) block += MARKS_PER_WORD;
      else if (this.#bytes[block] === 0) block++;
      else block = this.#restoreRun(memory, snapshot, block, blocks);
    }
  }

  /** The run of marked blocks that begins with `first`; gives the block behind it. */
  #restoreRun(memory: Uint8Array, snapshot: MemorySnapshot, first: number, blocks: number): number {
    const bytes = this.#bytes;
    const isLast = this.#runs <= 1;
    let end = first;
    while (end < blocks && bytes[end] !== 0) {
      if (isLast) bytes[end] = 0;
      end++;
    }
    snapshot.restoreBlocks(memory, first, end);
    return end;
  }
}
