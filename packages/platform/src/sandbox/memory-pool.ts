/**
 * The memories of a thread. Making one reserves gigabytes of address space that only a major collection gives back, and
 * its first touch of each page costs a fault: so they are used again, zeroed.
 *
 * Invariant: a pooled memory has its initial size, and each of its bytes is zero.
 */
import { AppError } from '@pappus/core';
import { HEADROOM_PAGES, LARGER_HEADROOMS, PAGE_BYTES } from '../module/limits.ts';
import { webAssembly, type WasmMemory } from '../module/web-assembly.ts';
import { MAX_CLEARED_PAGES, MAX_POOLED_BYTES, MAX_POOLED_MEMORIES } from './limits.ts';

export interface MemorySize {
  readonly initialPages: number;
  readonly maximumPages: number;
}

/** A memory, and views of all of it: they have no length once the memory has grown. */
export interface PooledMemory {
  readonly memory: WasmMemory;
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
  readonly view: DataView;
}

const MAX_PAGES = 65_536;

/**
 * The size of a memory for a run with so many bytes of input. Where it may grow it gets room for the input twice, in a few
 * steps so that memories can be shared. Nothing else may count here: a guest can find out how large its memory is.
 */
export function sizeForInput(size: MemorySize, inputBytes: number): MemorySize {
  const { initialPages, maximumPages } = size;
  const wanted = (inputBytes * 2) / PAGE_BYTES;
  if (wanted <= HEADROOM_PAGES || initialPages === maximumPages) return size;
  const headroom = LARGER_HEADROOMS.find((pages) => pages >= wanted) ?? 0;
  return { initialPages: Math.min(initialPages + headroom, maximumPages), maximumPages };
}

export class MemoryPool {
  readonly #free = new Map<number, PooledMemory[]>();
  #memories = 0;
  #bytes = 0;

  /** A memory of the initial size, all zeros. */
  take(size: MemorySize): PooledMemory {
    const pooled = this.#free.get(shape(size))?.pop();
    if (pooled === undefined) return newMemory(size);
    this.#memories--;
    this.#bytes -= size.initialPages * PAGE_BYTES;
    return pooled;
  }

  /**
   * Takes a memory back after a run and clears it, by `clear` where the caller knows what is not zero. One that has grown
   * is dropped: its size can't be put back.
   */
  give(pooled: PooledMemory, size: MemorySize, clear: (bytes: Uint8Array) => void = clearAll): void {
    const bytes = size.initialPages * PAGE_BYTES;
    if (pooled.bytes.length !== bytes || size.initialPages > MAX_CLEARED_PAGES) return;
    if (this.#memories >= MAX_POOLED_MEMORIES || this.#bytes + bytes > MAX_POOLED_BYTES) return;
    clear(pooled.bytes);
    const key = shape(size);
    const free = this.#free.get(key);
    if (free === undefined) this.#free.set(key, [pooled]);
    else free.push(pooled);
    this.#memories++;
    this.#bytes += bytes;
  }
}

const clearAll = (bytes: Uint8Array): void => void bytes.fill(0);

const shape = ({ initialPages, maximumPages }: MemorySize): number => initialPages * (MAX_PAGES + 1) + maximumPages;

/** A memory with its views. */
export const viewed = (memory: WasmMemory): PooledMemory => ({ memory, bytes: new Uint8Array(memory.buffer), buffer: Buffer.from(memory.buffer), view: new DataView(memory.buffer) });

function newMemory({ initialPages, maximumPages }: MemorySize): PooledMemory {
  try {
    return viewed(new webAssembly.Memory({ initial: initialPages, maximum: maximumPages }));
  } catch (cause) {
    throw new AppError('resource-exhausted', `no memory of ${initialPages} pages for a sandbox`, { cause, retryable: true, hint: 'Run fewer engine threads, or give the machine more memory.' });
  }
}
