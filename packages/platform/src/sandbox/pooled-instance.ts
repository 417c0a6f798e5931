/** Isolation by pooled memory: a new instance for each run, on a memory that is zeroed before anyone else gets it. */
import { instantiate, type GuestCode, type GuestInstance, type InstanceSource } from './guest-instance.ts';
import { sizeForInput, type MemorySize } from './memory-pool.ts';

export class PooledInstance implements InstanceSource {
  readonly keptBytes = 0;
  readonly #code: GuestCode;
  #used: { readonly guest: GuestInstance; readonly size: MemorySize } | null = null;

  constructor(code: GuestCode) {
    this.#code = code;
  }

  enter(inputBytes: number): GuestInstance {
    const size = sizeForInput(this.#code.memory, inputBytes);
    const guest = instantiate(this.#code, this.#code.pool.take(size));
    this.#used = { guest, size };
    return guest;
  }

  leave(): void {
    const used = this.#used;
    this.#used = null;
    if (used !== null) this.#code.pool.give(used.guest.memory, used.size);
  }

  dispose(): void {
    this.leave();
  }
}
