/**
 * Isolation by reset: an instance is kept, and its memory, globals and tables are put back after each run (`module/isolation.ts`
 * says when that is as good as a new one). Between runs a kept instance is always in its first state. There is one for
 * each size of memory that the sizes of inputs have asked for.
 */
import { ENTER } from '../module/guest-entry.ts';
import { PAGE_BYTES } from '../module/limits.ts';
import type { GuestCode, GuestInstance, InstanceSource } from './guest-instance.ts';
import { sizeForInput, type MemorySize, type PooledMemory } from './memory-pool.ts';
import { takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';

interface Kept extends PooledMemory {
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
    const { initialPages } = code.memory;
    this.#kept.set(initialPages, this.#make(code.memory));
  }

  get keptBytes(): number {
    let bytes = this.#snapshot?.keptBytes ?? 0;
    for (const pages of this.#kept.keys()) bytes += pages * PAGE_BYTES;
    return bytes;
  }

  enter(inputBytes: number): GuestInstance {
    const size = sizeForInput(this.#code.memory, inputBytes);
    const kept = this.#kept.get(size.initialPages) ?? this.#make(size);
    this.#used = kept;
    return kept.guest;
  }

  leave(): void {
    const kept = this.#used;
    this.#used = null;
    if (kept === null) return;
    const { bytes, size, guest } = kept;
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

  dispose(): void {
    for (const kept of this.#kept.values()) this.#code.pool.give(kept, kept.size);
    this.#kept.clear();
  }

  #restore(bytes: Uint8Array): void {
    const { written } = this.#code;
    if (written === null) this.#snapshot?.restore(bytes);
    else if (this.#snapshot !== null) written.restore(bytes, this.#snapshot);
  }

  #make(size: MemorySize): Kept {
    const { memory, bytes } = this.#code.pool.take(size);
    const guest = this.#code.instantiate(memory);
    guest.enter(ENTER.keep, 0);
    this.#snapshot ??= takeSnapshot(bytes);
    return { size, guest, memory, bytes };
  }
}
