/** What happened in one invocation, run by run. Times are whole µs since its start; a run's phases follow one another. */
import type { Clock } from '@pappus/core';
import type { RunSpan } from '../engine/compute-engine.ts';
import { MAX_SPANS } from './limits.ts';

export interface TraceSpan {
  /** Compositions from the outermost in. */
  readonly path: readonly string[];
  /** The application's place in its composition. */
  readonly application: number;
  readonly function: string;
  readonly kind: 'compute' | 'io' | 'composition' | 'kept';
  /** Its number among the runs of its application, as they started. */
  readonly run: number;
  /** When it was ready. */
  readonly startedUs: number;
  /** Ready until its thread or its I/O began. */
  readonly queueUs: number;
  /** I/O: the whole of it. */
  readonly fetchUs: number;
  readonly sandboxUs: number;
  readonly computeUs: number;
  readonly storeUs: number;
}

export class Trace {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #spans: TraceSpan[] = [];
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.nowMs();
  }

  nowUs(): number {
    return Math.round((this.#clock.nowMs() - this.#startedMs) * 1000);
  }

  add(span: TraceSpan): void {
    if (this.#spans.length < MAX_SPANS) this.#spans.push(span);
    else this.#dropped++;
  }

  /** A run on a thread: from when it was ready, and what the thread says of it. Those that follow on the thread have not waited. */
  addCompute(place: Pick<TraceSpan, 'path' | 'application' | 'function' | 'run'>, readyUs: number, busyUs: number, span: RunSpan): void {
    const queueUs = Math.max(0, this.nowUs() - readyUs - busyUs);
    const { step, startedUs, sandboxUs, computeUs, storeUs } = span;
    const waitedUs = step === 0 ? queueUs : 0;
    this.add({ ...place, kind: 'compute', startedUs: readyUs + queueUs + startedUs - waitedUs, queueUs: waitedUs, fetchUs: 0, sandboxUs, computeUs, storeUs });
  }

  /** A run of which nothing came back: its thread was ended, or lost. Where nobody knows how long it ran, 0, all of the time counts. */
  addLost(place: Pick<TraceSpan, 'path' | 'application' | 'function' | 'run'>, readyUs: number, ranUs: number): void {
    const sinceUs = this.nowUs() - readyUs;
    const computeUs = ranUs === 0 ? sinceUs : Math.min(ranUs, sinceUs);
    this.add({ ...place, kind: 'compute', startedUs: readyUs, queueUs: sinceUs - computeUs, fetchUs: 0, sandboxUs: 0, computeUs, storeUs: 0 });
  }

  get spans(): readonly TraceSpan[] {
    return this.#spans;
  }

  /** Spans beyond the limit. */
  get dropped(): number {
    return this.#dropped;
  }
}
