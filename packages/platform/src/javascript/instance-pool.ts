/**
 * The engine instances of a thread: one for functions that need little memory, one for those that need more. Runs are
 * one at a time, and an instance is made new byte by byte before each, so any function can have any instance; two of
 * them, so that small functions don't pay for clearing what a large one used.
 */
import { MAX_KEPT_PAGES, PAGE_BYTES, RUNS_BEFORE_LARGE_GOES, SMALL_INSTANCE_PAGES } from './limits.ts';
import { type EngineState, type HostCalls, mergePatches, QuickJsInstance } from './quickjs-instance.ts';

export class InstancePool {
  #small: QuickJsInstance | null = null;
  #large: QuickJsInstance | null = null;
  #smallRuns = 0;
  #last: EngineState | null = null;
  #merged: EngineState | null = null;

  /** `expectedPages`: what the function needed last time. */
  lease(expectedPages: number, calls: HostCalls): QuickJsInstance {
    const isSmall = expectedPages <= SMALL_INSTANCE_PAGES;
    const kept = isSmall ? this.#small : this.#large;
    if (isSmall) {
      this.#small = null;
      this.#smallRuns += 1;
      if (this.#smallRuns > RUNS_BEFORE_LARGE_GOES) this.#large = null;
    } else {
      this.#large = null;
      this.#smallRuns = 0;
    }
    if (kept === null) return new QuickJsInstance(calls);
    kept.serve(calls);
    return kept;
  }

  release(instance: QuickJsInstance): void {
    if (instance.physicalPages <= SMALL_INSTANCE_PAGES) this.#small ??= instance;
    else if (instance.physicalPages <= MAX_KEPT_PAGES) this.#large ??= instance;
  }

  /**
   * `state`, with its patches in its heap from the second run in a row on: one copy instead of many small ones. There is
   * one such state per thread, since most functions' patches are a small part of the heap.
   */
  merged(state: EngineState): EngineState {
    if (state !== this.#last) {
      this.#last = state;
      this.#merged = null;
      return state;
    }
    this.#merged ??= mergePatches(state);
    return this.#merged;
  }

  get keptBytes(): number {
    return ((this.#small?.physicalPages ?? 0) + (this.#large?.physicalPages ?? 0)) * PAGE_BYTES;
  }

  clear(): void {
    this.#small = null;
    this.#large = null;
    this.#last = null;
    this.#merged = null;
  }
}
