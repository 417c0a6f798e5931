/**
 * An instance of the engine and everything of it that changes: memory, stack pointer, the pages that it has been told
 * of, and what the host notes during a run. `restore` makes all of that as an image has it, to the last byte, so one
 * instance serves one function after the other.
 */
import { type WasmImports, webAssembly } from '../module/web-assembly.ts';
import { HEAP_START, INITIAL_PAGES, quickJsModule, STACK_REGION_BYTES } from './quickjs-build.ts';
import type { Address, Box, QuickJsExports } from './quickjs-exports.ts';
import { GUEST_STACK_BYTES, GUEST_STACK_SLACK_BYTES, PAGE_BYTES } from './limits.ts';

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
  /** The same for all states of one function. */
  readonly program: object;
  readonly pages: number;
  readonly stackPointer: number;
  /** All bytes from the end of the stack region, before the patches. */
  readonly heap: Uint8Array;
  readonly patches: readonly Patch[];
}

/** Where the stack of a run has its lowest byte, at the most. */
export const REACHED_STACK_START: number = STACK_REGION_BYTES - GUEST_STACK_BYTES - GUEST_STACK_SLACK_BYTES;

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
  /** Whose state this is. */
  #program: object | null = null;

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

  /**
   * Makes every byte as `state` has it. Between runs of one function, the part of the stack region that the engine
   * refuses to reach is taken to be as it was; writing it takes longer than all else together.
   */
  restore(state: EngineState, maximumPages: number): void {
    if (this.physicalPages < state.pages) this.#growTo(state.pages);
    const { bytes } = this;
    bytes.fill(0, state.program === this.#program ? REACHED_STACK_START : 0, STACK_REGION_BYTES);
    bytes.set(state.heap, STACK_REGION_BYTES);
    bytes.fill(0, STACK_REGION_BYTES + state.heap.length);
    for (const patch of state.patches) bytes.set(patch.bytes, patch.at);
    this.exports.__stack_pointer.value = state.stackPointer;
    this.#program = state.program;
    this.pages = state.pages;
    this.maximumPages = maximumPages;
    this.refused = false;
  }

  /** After what should not happen in it, such as a trap: nothing is taken for granted. */
  suspect(): void {
    this.#program = null;
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

/** Runs what promises and `queueMicrotask` have left to do. False when one of these threw: its exception is pending. */
export function runJobs({ exports }: QuickJsInstance): boolean {
  while (exports.qjs_is_job_pending() !== 0) {
    if (exports.qjs_execute_pending_job() < 0) return false;
  }
  return true;
}

export function mergePatches(state: EngineState): EngineState {
  const end = state.patches.reduce((furthest, { at, bytes }) => Math.max(furthest, at + bytes.length), 0);
  const heap = new Uint8Array(Math.max(state.heap.length, end - STACK_REGION_BYTES));
  heap.set(state.heap);
  for (const { at, bytes } of state.patches) heap.set(bytes, at - STACK_REGION_BYTES);
  return { ...state, heap, patches: [] };
}

/** Where the image of an engine begins: below it lie stack bytes, which are zero between runs. */
export const IMAGE_START: number = STACK_REGION_BYTES;

/** Heap bytes that a function may allocate within `memoryBytes` of memory. */
export const heapBytes = (memoryBytes: number): number => memoryBytes - HEAP_START;
