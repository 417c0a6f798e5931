/**
 * An instance of the engine and everything of it that changes: memory, stack pointer, the pages that it has been told
 * of, and what the host notes during a run. `restore` makes all of that as an image has it, to the last byte, so one
 * instance serves one function after the other.
 */
import { type WasmImports, webAssembly } from '../module/web-assembly.ts';
import { HEAP_START, INITIAL_PAGES, quickJsModule, STACK_REGION_BYTES } from './quickjs-build.ts';
import type { Address, Box, QuickJsExports } from './quickjs-exports.ts';
import { PAGE_BYTES } from './limits.ts';

/** What guest code reaches of the outside: the functions of `GuestHost`, by the first letter of their name. */
export interface HostCalls {
  call(instance: QuickJsInstance, letter: number, count: number, args: Address): Box;
  /** Nanoseconds for `Date.now` and `performance.now`. */
  clockNs(monotonic: boolean): bigint;
}

/** Bytes to write over the base. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The state of an engine between two runs. */
export interface EngineState {
  readonly pages: number;
  readonly stackPointer: number;
  /** All bytes from the end of the stack region, before the patches. */
  readonly heap: Uint8Array;
  readonly patches: readonly Patch[];
}

const NO_MEMORY = -1;
const BAD_DESCRIPTOR = 8;

export class QuickJsInstance {
  readonly exports: QuickJsExports;
  /** All of the memory; made anew when it grows. */
  bytes: Buffer;
  view: DataView;
  /** Pages that the guest knows of; the memory itself may be larger. */
  pages: number = INITIAL_PAGES;
  maximumPages: number = INITIAL_PAGES;
  /** The guest asked for more than `maximumPages` since the last `restore`. */
  refused = false;
  #calls: HostCalls;

  constructor(calls: HostCalls) {
    this.#calls = calls;
    const instance = new webAssembly.Instance(quickJsModule(), this.#imports());
    this.exports = instance.exports as unknown as QuickJsExports;
    this.bytes = Buffer.from(this.exports.memory.buffer);
    this.view = new DataView(this.exports.memory.buffer);
  }

  get physicalPages(): number {
    return this.bytes.length / PAGE_BYTES;
  }

  /** Makes every byte as `state` has it. Nothing of an earlier run is left, not even where the guest can't look. */
  restore(state: EngineState, maximumPages: number): void {
    if (this.physicalPages < state.pages) this.#growTo(state.pages);
    const { bytes } = this;
    bytes.fill(0, 0, STACK_REGION_BYTES);
    bytes.set(state.heap, STACK_REGION_BYTES);
    bytes.fill(0, STACK_REGION_BYTES + state.heap.length);
    for (const patch of state.patches) bytes.set(patch.bytes, patch.at);
    this.exports.__stack_pointer.value = state.stackPointer;
    this.pages = state.pages;
    this.maximumPages = maximumPages;
    this.refused = false;
  }

  serve(calls: HostCalls): void {
    this.#calls = calls;
  }

  /** Bytes for the host's own use, or 0. */
  allocate(length: number): Address {
    return this.exports.wasm_malloc(length);
  }

  u32(at: Address): number {
    return this.view.getUint32(at, true);
  }

  #imports(): WasmImports {
    return {
      env: {
        host_interrupt: () => this.pages,
        host_call: (name: Address, _length: number, _self: Box, count: number, args: Address) => this.#calls.call(this, this.bytes[name] as number, count, args),
        // UTC.
        host_get_timezone_offset: () => 0,
        host_promise_rejection: () => undefined,
        // There is one module.
        host_module_normalize: () => 0,
        host_module_load: () => 0,
      },
      wasi_snapshot_preview1: {
        fd_close: (pages: number) => this.#grow(pages),
        clock_time_get: (id: number, _precision: bigint, out: Address) => this.#writeTime(id, out),
        fd_fdstat_get: () => BAD_DESCRIPTOR,
        fd_seek: () => BAD_DESCRIPTOR,
        fd_write: () => BAD_DESCRIPTOR,
        random_get: (out: Address, length: number) => this.#writeZeros(out, length),
      },
    };
  }

  #grow(more: number): number {
    const before = this.pages;
    const after = before + (more >>> 0);
    if (after > this.maximumPages) {
      this.refused = true;
      return NO_MEMORY;
    }
    if (after > this.physicalPages && !this.#growTo(after)) return NO_MEMORY;
    this.pages = after;
    return before;
  }

  #growTo(pages: number): boolean {
    try {
      this.exports.memory.grow(pages - this.physicalPages);
    } catch {
      // The machine has no memory left: to the guest the same as its limit.
      this.refused = true;
      return false;
    }
    this.bytes = Buffer.from(this.exports.memory.buffer);
    this.view = new DataView(this.exports.memory.buffer);
    return true;
  }

  #writeTime(id: number, out: Address): number {
    this.view.setBigUint64(out, this.#calls.clockNs(id !== 0), true);
    return 0;
  }

  #writeZeros(out: Address, length: number): number {
    this.bytes.fill(0, out, out + length);
    return 0;
  }
}

/** Where the image of an engine begins: below it lie stack bytes, which are zero between runs. */
export const IMAGE_START: number = STACK_REGION_BYTES;

/** Heap bytes that a function may allocate within `memoryBytes` of memory. */
export const heapBytes = (memoryBytes: number): number => memoryBytes - HEAP_START;
