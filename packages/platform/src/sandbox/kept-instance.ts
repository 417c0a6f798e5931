/**
 * Isolation by reset: an instance is kept, and its memory, globals and tables are put back after each run (`module/isolation.ts`
 * says when that is as good as a new one). Between runs a kept instance is always in its first state. There is one for
 * each size of memory that the sizes of inputs have asked for.
 */
import { ENTER } from '../module/guest-entry.ts';
import { PAGE_BYTES } from '../module/limits.ts';
import type { GuestCode, GuestInstance, InstanceSource } from './guest-instance.ts';
import { sizeForInput, type MemorySize } from './memory-pool.ts';
import { takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';

interface Kept {
  readonly size: MemorySize;
  readonly guest: GuestInstance;
}

export class KeptInstance implements InstanceSource {
  readonly #code: GuestCode;
  readonly #kept = new Map<number, Kept>();
  #snapshot: MemorySnapshot | null = null;
  /** The one that runs. */
  #used: Kept | null = null;

  constructor(code: GuestCode) {
    this.#code = code;
    this.wake();
  }

  get keptBytes(): number {
    let bytes = this.#snapshot?.keptBytes ?? 0;
    for (const pages of this.#kept.keys()) bytes += pages * PAGE_BYTES + this.#code.tableBytes;
    return bytes;
  }

  enter(inputBytes: number): GuestInstance {
    const size = sizeForInput(this.#code.memory, inputBytes);
    const kept = this.#kept.get(size.initialPages) ?? this.#make(size);
    this.#used = kept;
    this.#code.written?.begin();
    return kept.guest;
  }

  leave(): void {
    const kept = this.#used;
    this.#used = null;
    if (kept === null) return;
    try {
      this.#putBack(kept);
    } finally {
      this.#code.written?.end();
    }
  }

  /** The snapshot goes too: it is soon taken again. One whose run did not come to its end is not as it was, and nobody gets its memory. */
  rest(): void {
    if (this.#used !== null) {
      this.#kept.delete(this.#used.size.initialPages);
      this.#code.written?.end();
    }
    this.#used = null;
    for (const { guest, size } of this.#kept.values()) this.#code.pool.give(guest, size, (bytes) => this.#snapshot?.clear(bytes));
    this.#kept.clear();
    this.#snapshot = null;
  }

  wake(): void {
    const { memory } = this.#code;
    if (!this.#kept.has(memory.initialPages)) this.#kept.set(memory.initialPages, this.#make(memory));
  }

  #putBack(kept: Kept): void {
    const { guest, size } = kept;
    const { bytes } = guest;
    // An exception before all is put back leaves no instance rather than a used one.
    if (bytes.length !== size.initialPages * PAGE_BYTES) {
      this.#kept.delete(size.initialPages);
      return;
    }
    try {
      this.#restore(bytes);
      guest.enter(ENTER.reset, 0);
    } catch (thrown) {
      this.#kept.delete(size.initialPages);
      throw thrown;
    }
    if (this.#kept.get(size.initialPages) !== kept) this.#kept.set(size.initialPages, kept);
  }

  #restore(bytes: Uint8Array): void {
    const { written } = this.#code;
    if (written === null) this.#snapshot?.restore(bytes);
    else if (this.#snapshot !== null) written.restore(bytes, this.#snapshot);
  }

  #make(size: MemorySize): Kept {
    const guest = this.#code.instantiate(this.#code.pool.take(size));
    guest.enter(ENTER.keep, 0);
    this.#snapshot ??= takeSnapshot(guest.bytes);
    return { size, guest };
  }
}
