/**
 * How much work the engines are given at a time. Short tasks go ahead in batches, which threads live on; of long ones a
 * thread gets the one that it runs, and a second one where the next would come late. What is handed over stands in the
 * engines' own line, first come, first served, so the turns between compositions hold only as far as this is little time.
 */
import type { Segment } from '../engine/compute-engine.ts';
import { RunEstimate } from '../engine/run-estimate.ts';
import { AHEAD_US, FIRST_ESTIMATE_US, LONG_RUN_US, TASKS_PER_THREAD } from './limits.ts';

/** Of an estimate that was too high, an eighth goes with each task. */
const SLOWLY = 8;

export class ThreadRoom {
  #threads: number;
  /** In parts of threads: whole numbers, so that what is taken and left adds up. */
  #taken = 0;
  #tasks = 0;
  readonly #estimates = new WeakMap<Segment, RunEstimate>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  resize(threads: number): void {
    this.#threads = threads;
  }

  get tasks(): number {
    return this.#tasks;
  }

  /** Another task may be handed over, however long it is. */
  get isOpen(): boolean {
    return this.#taken < this.#threads * PARTS;
  }

  estimateOf(segment: Segment): RunEstimate {
    const known = this.#estimates.get(segment);
    if (known !== undefined) return known;
    const estimate = new RunEstimate(FIRST_ESTIMATE_US, SLOWLY);
    this.#estimates.set(segment, estimate);
    return estimate;
  }

  /** Gives what is to be left again. */
  take(estimateUs: number): number {
    const parts = partsOf(estimateUs);
    this.#taken += parts;
    this.#tasks++;
    return parts;
  }

  leave(parts: number): void {
    this.#taken -= parts;
    this.#tasks--;
  }
}

const PARTS = 1_024;

function partsOf(estimateUs: number): number {
  if (estimateUs > LONG_RUN_US) return PARTS;
  return Math.round(Math.min(PARTS / 2, Math.max(PARTS / TASKS_PER_THREAD, (PARTS * estimateUs) / AHEAD_US)));
}
