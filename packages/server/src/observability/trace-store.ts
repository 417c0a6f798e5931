/** Traces of the last invocations in memory, bounded by their number and by their spans; and which ones are traced. */
import type { Trace } from '@pappus/api';
import type { Clock } from '@pappus/core';
import { MAX_KEPT_SPANS, TRACED_PER_SECOND } from '../limits.ts';

export interface TraceStoreOptions {
  readonly kept: number;
  /** Beyond the first ones of each second, one in so many is traced. */
  readonly oneIn: number;
  readonly clock: Clock;
}

export class TraceStore {
  readonly #options: TraceStoreOptions;
  /** In the order of their ends. */
  readonly #traces = new Map<string, Trace>();
  #spans = 0;
  #secondEndsMs = 0;
  #tracedInSecond = 0;
  #skipped = 0;

  constructor(options: TraceStoreOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#traces.size;
  }

  /** Whether the invocation that begins now is traced. */
  sample(): boolean {
    const { clock, oneIn, kept } = this.#options;
    if (kept === 0) return false;
    const now = clock.nowMs();
    if (now >= this.#secondEndsMs) {
      this.#secondEndsMs = now + 1000;
      this.#tracedInSecond = 0;
    }
    if (this.#tracedInSecond < TRACED_PER_SECOND) {
      this.#tracedInSecond += 1;
      return true;
    }
    this.#skipped += 1;
    if (this.#skipped < oneIn) return false;
    this.#skipped = 0;
    return true;
  }

  add(trace: Trace): void {
    this.#traces.set(trace.invocation, trace);
    this.#spans += trace.spans.length;
    for (const [invocation, { spans }] of this.#traces) {
      if (this.#traces.size <= this.#options.kept && this.#spans <= MAX_KEPT_SPANS) break;
      this.#traces.delete(invocation);
      this.#spans -= spans.length;
    }
  }

  get(invocation: string): Trace | null {
    return this.#traces.get(invocation) ?? null;
  }
}
