/** Isolation by pooled memory: a new instance for each run, on a memory that is zeroed before anyone else gets it. */
import { instantiate, type GuestCode, type GuestInstance, type InstanceSource } from './guest-instance.ts';
import { sizeForInput, type MemorySize } from './memory-pool.ts';
import { NO_BLOCKS, takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';

export class PooledInstance implements InstanceSource {
  readonly keptBytes = 0;
  readonly #code: GuestCode;
  /** What a new instance writes to its memory, which it does not mark. */
  #segments: MemorySnapshot | null = null;
  #used: { readonly guest: GuestInstance; readonly size: MemorySize } | null = null;

  constructor(code: GuestCode) {
    this.#code = code;
  }

  enter(inputBytes: number): GuestInstance {
    const size = sizeForInput(this.#code.memory, inputBytes);
    const guest = instantiate(this.#code, this.#code.pool.take(size));
    if (this.#code.written !== null) this.#segments ??= takeSnapshot(new Uint8Array(guest.memory.buffer));
    this.#used = { guest, size };
    return guest;
  }

  leave(): void {
    const used = this.#used;
    this.#used = null;
    if (used === null) return;
    const { pool, written } = this.#code;
    if (written === null) pool.give(used.guest.memory, used.size);
    else {
      pool.give(used.guest.memory, used.size, (bytes) => {
        this.#segments?.mark(written);
        written.restore(bytes, NO_BLOCKS);
      });
    }
  }

  dispose(): void {
    this.leave();
  }
}
