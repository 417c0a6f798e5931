/**
 * The gateway's view of the engines that run guest code. What travels to an engine is a segment, not a single run: a
 * chain of pure functions stays on the thread that started it and is not handed back and forth between processes.
 */
import type { CancelSignal } from '@pappus/core';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule, Preparation, RunFailure, RunLog } from '../sandbox/sandbox.ts';
import type { ItemSet, Sets } from '../sets/item.ts';

/** An input of a later step: an output of an earlier step of the same segment. */
export interface SegmentInput {
  readonly step: number;
  readonly output: number;
  /** `each` only where the step has no other input. */
  readonly distribution: 'all' | 'each';
  readonly optional: boolean;
}

export interface SegmentStep {
  readonly function: FunctionHash;
  /** Empty for step 0, whose input is the task's. */
  readonly inputs: readonly SegmentInput[];
  /** Which of this step's outputs leave the segment; the others only feed later steps. */
  readonly exported: readonly boolean[];
}

/**
 * Step 0 is one run of the head. A later step is one run over whole sets, or one run per item of one set. A step whose
 * input that is not optional is empty is skipped with empty outputs. A step that would be more than `fanOut` runs is
 * not run, nor what depends on it: its inputs come back, and the dispatcher spreads it over threads.
 */
export interface Segment {
  readonly steps: readonly SegmentStep[];
  readonly fanOut: number;
}

export interface SegmentTask {
  /** Invocation id, for logs and traces. */
  readonly invocation: string;
  /** The same object for every task of one plan: engines learn it once. */
  readonly segment: Segment;
  readonly inputs: Sets;
  /** argv, environment and stdin for the head; null without. */
  readonly stdio: ItemSet | null;
  /** Phases of each run are measured. */
  readonly traced: boolean;
}

/** One run inside a segment; times in µs, `startedUs` since the task's start on its thread. */
export interface RunSpan {
  readonly step: number;
  readonly startedUs: number;
  /** Making the state fresh and writing the inputs. */
  readonly sandboxUs: number;
  readonly computeUs: number;
  /** Reading the outputs out of the guest's memory. */
  readonly storeUs: number;
}

export interface StepLog {
  readonly step: number;
  readonly log: RunLog;
}

export type SegmentResult =
  | {
      readonly kind: 'done';
      /** By step and output: the sets that leave the segment or feed a step that was not run; null for the others. */
      readonly outputs: readonly (readonly (ItemSet | null)[])[];
      /** By step: false where it was left to the dispatcher. */
      readonly ran: readonly boolean[];
      readonly spans: readonly RunSpan[];
      readonly logs: readonly StepLog[];
      /** Time on the thread, in µs; on threads that were lost, as the gateway saw it. */
      readonly busyUs: number;
    }
  | {
      readonly kind: 'failed';
      readonly step: number;
      readonly failure: RunFailure | EngineFailure;
      readonly spans: readonly RunSpan[];
      readonly logs: readonly StepLog[];
      /** As above; where the thread is gone, that of the run that was under way, or 0 where nobody knows. */
      readonly busyUs: number;
    };

/** The engine died under the task as often as it may be tried. */
export interface EngineFailure {
  readonly kind: 'engine-lost';
  readonly attempts: number;
  readonly message: string;
}

/** Where engines get what they run. */
export interface FunctionSource {
  /** The prepared module and spec of a registered function, or null when it is gone. */
  load(hash: FunctionHash): Promise<{ readonly spec: FunctionSpec; readonly module: PreparedModule } | null>;
}

export interface ComputeEngine {
  /** Checks and rewrites code, in an engine: never in the process that holds sockets. */
  prepare(code: Uint8Array, spec: FunctionSpec, signal: CancelSignal): Promise<Preparation>;
  /**
   * Runs a segment on one thread. Work that died with its engine is run again elsewhere. An aborted task that has not
   * started is dropped, and rejects with the signal's reason; one that goes on for a while is ended with its thread. The
   * caller hears of that when the thread is free of it: a result then tells what it took, and is for nobody else.
   * Rejects with `unavailable` when stopping, with `resource-exhausted` when more than the bounded number of tasks wait.
   */
  run(task: SegmentTask, signal: CancelSignal): Promise<SegmentResult>;
  /** Threads that compute; the others are warm spares. */
  setThreads(threads: number): void;
  stats(): EngineStats;
  stop(): Promise<void>;
}

export interface EngineStats {
  readonly threads: number;
  readonly spares: number;
  /** Tasks accepted and not started, and tasks that run. */
  readonly queued: number;
  readonly running: number;
  readonly processesLost: number;
  readonly threadsEnded: number;
}
