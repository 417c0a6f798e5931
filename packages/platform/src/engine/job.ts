/** One accepted call on its way through the pool: settled once, whatever happens to the threads that try it. */
import { AppError, type CancelSignal } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { Preparation } from '../sandbox/sandbox.ts';
import type { SegmentResult, SegmentTask, StepLog } from './compute-engine.ts';
import { MAX_ATTEMPTS } from './limits.ts';
import type { SegmentPlan } from './segment-plans.ts';

/** Why a job did not end on its thread. */
export interface Loss {
  readonly cause: 'time' | 'engine-lost';
  readonly step: number;
  /** For how long the run had gone on; 0 where nobody knows. */
  readonly ranUs: number;
  readonly message: string;
  /** What the task had printed, as far as that is known. */
  readonly logs: readonly StepLog[];
}

export interface Caller<T> {
  readonly signal: CancelSignal;
  /** The caller has left: what runs for it is for nobody, and ends soon or is ended. */
  readonly onAbort: () => void;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

abstract class Pending<T> {
  /** How often a thread was lost while it ran this. */
  attempts = 0;
  /** Its process was lost while others ran there too: it is tried again where nothing else runs. */
  alone = false;
  /** What it adds to the work of a thread, by what is known when it is sent. */
  estimateUs: number;
  /** What it took on threads that were lost. */
  spentUs = 0;
  settled = false;
  /** A thread has it, and whoever leaves hears of it only when the thread is free of it. */
  onThread = false;
  readonly #signal: CancelSignal;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort: () => void;

  constructor(estimateUs: number, { signal, onAbort, resolve, reject }: Caller<T>) {
    this.estimateUs = estimateUs;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onAbort = () => {
      if (!this.onThread) this.reject(signal.reason);
      onAbort();
    };
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Nobody looks at what comes of it. */
  get isForsaken(): boolean {
    return this.settled || this.#signal.aborted;
  }

  /** It comes back from a thread that has not begun it, or is to be tried again. */
  takenBack(): void {
    this.onThread = false;
    if (this.#signal.aborted) this.reject(this.#signal.reason);
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  /** The thread that ran it is gone. False when it may be tried again. */
  lost(loss: Loss): boolean {
    if (this.settled) return true;
    this.attempts += 1;
    if (!this.isForsaken && loss.cause === 'engine-lost' && this.attempts < MAX_ATTEMPTS) return false;
    this.fail(loss);
    return true;
  }

  protected abstract fail(loss: Loss): void;

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

export class SegmentJob extends Pending<SegmentResult> {
  readonly kind = 'segment';
  readonly task: SegmentTask;
  readonly plan: SegmentPlan;

  constructor(task: SegmentTask, plan: SegmentPlan, caller: Caller<SegmentResult>) {
    super(plan.estimateUs, caller);
    this.task = task;
    this.plan = plan;
  }

  protected override fail({ cause, step, ranUs, message, logs }: Loss): void {
    const failure =
      cause === 'time' ? ({ kind: 'limit', limit: 'time', message } as const) : ({ kind: 'engine-lost', attempts: this.attempts, message } as const);
    // What the gateway saw of it, where the engine could not say how long it ran, or nobody looks at the trace: the engine looks now and then only.
    const busyUs = ranUs > 0 && !this.isForsaken ? ranUs : this.spentUs;
    this.plan.learn(busyUs, this.plan.outputBytes);
    this.resolve({ kind: 'failed', step, failure, spans: [], logs, busyUs });
  }
}

/** Of a module that nobody has seen yet, nothing is known. */
const PREPARE_ESTIMATE_US = 1e6;

export class PrepareJob extends Pending<Preparation> {
  readonly kind = 'prepare';
  readonly code: Uint8Array;
  readonly spec: FunctionSpec;

  constructor(code: Uint8Array, spec: FunctionSpec, caller: Caller<Preparation>) {
    super(PREPARE_ESTIMATE_US, caller);
    this.code = code;
    this.spec = spec;
  }

  protected override fail({ cause, message }: Loss): void {
    if (cause === 'time') this.reject(new AppError('deadline-exceeded', `the module was not checked in time: ${message}`));
    else this.reject(new AppError('worker-lost', `checking the module ended the engine ${this.attempts} times: ${message}`));
  }
}

export type Job = SegmentJob | PrepareJob;
