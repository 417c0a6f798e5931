/** Isolation by pooled memory: a new instance for each run, on a memory that is zeroed before anyone else gets it. */
import type { GuestCode, GuestInstance, InstanceSource } from './guest-instance.ts';
import { sizeForInput, type MemorySize, type PooledMemory } from './memory-pool.ts';
import { NO_BLOCKS, takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';

export class PooledInstance implements InstanceSource {
  readonly keptBytes = 0;
  readonly #code: GuestCode;
  /** What a new instance writes to its memory, which it does not mark. */
  #segments: MemorySnapshot | null = null;
  #used: PooledMemory | null = null;
  #size: MemorySize;

  constructor(code: GuestCode) {
    this.#code = code;
    this.#size = code.memory;
  }

  enter(inputBytes: number): GuestInstance {
    const size = sizeForInput(this.#code.memory, inputBytes);
    const pooled = this.#code.pool.take(size);
    const guest = this.#code.instantiate(pooled);
    if (this.#code.written !== null) this.#segments ??= takeSnapshot(pooled.bytes);
    this.#used = pooled;
    this.#size = size;
    this.#code.written?.begin();
    return guest;
  }

  leave(): void {
    const used = this.#used;
    this.#used = null;
    if (used === null) return;
    const { pool, written } = this.#code;
    if (written === null) pool.give(used, this.#size);
    else {
      pool.give(used, this.#size, (bytes) => {
        this.#segments?.mark(written);
        written.restore(bytes, NO_BLOCKS);
      });
      written.end();
    }
  }

  rest(): void {
    this.leave();
  }

  wake(): void {}
}
