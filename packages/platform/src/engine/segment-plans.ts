/** What the pool knows of each segment: its functions, and how long a task of it takes. */
import { assert } from '@pappus/core';
import type { Segment } from './compute-engine.ts';
import type { FunctionShelf, ShelvedFunction } from './function-shelf.ts';
import { FIRST_ESTIMATE_US, MAX_SEGMENT_STEPS } from './limits.ts';
import { RunEstimate } from './run-estimate.ts';

/** Of an estimate that was too high, a sixteenth goes with each task. */
const SLOWLY = 16;

export class SegmentPlan {
  readonly segment: Segment;
  /** Each function once. */
  readonly functions: readonly ShelvedFunction[];
  readonly #estimate = new RunEstimate(FIRST_ESTIMATE_US, SLOWLY);
  #outputBytes = 0;

  constructor(segment: Segment, functions: readonly ShelvedFunction[]) {
    this.segment = segment;
    this.functions = functions;
  }

  get estimateUs(): number {
    return this.#estimate.us;
  }

  /** Bytes of the sets that a task is likely to give. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** As `RunEstimate`; bytes go up at once. */
  learn(busyUs: number, outputBytes: number): void {
    this.#estimate.learn(busyUs);
    this.#outputBytes = Math.max(outputBytes, Math.floor(this.#outputBytes - (this.#outputBytes - outputBytes) / SLOWLY));
  }
}

export class SegmentPlans {
  readonly #shelf: FunctionShelf;
  readonly #plans = new WeakMap<Segment, SegmentPlan>();

  constructor(shelf: FunctionShelf) {
    this.#shelf = shelf;
  }

  of(segment: Segment): SegmentPlan {
    const known = this.#plans.get(segment);
    if (known !== undefined) return known;
    const { length } = segment.steps;
    assert(length > 0 && length <= MAX_SEGMENT_STEPS, `a segment has 1 to ${MAX_SEGMENT_STEPS} steps, not ${length}`);
    const hashes = new Set(segment.steps.map((step) => step.function));
    const plan = new SegmentPlan(segment, [...hashes].map((hash) => this.#shelf.of(hash)));
    this.#plans.set(segment, plan);
    return plan;
  }
}
