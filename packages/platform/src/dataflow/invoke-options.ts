/** What the dispatcher is made of, what it is asked for, and what it answers. */
import type { CancelSignal, Clock, Logger, Random } from '@pappus/core';
import type { ResultCache } from '../cache/result-cache.ts';
import type { ComputeEngine } from '../engine/compute-engine.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { FlowLimits, InputSource, OutputSink } from './flow.ts';
import type { FunctionLog } from './job-logs.ts';
import type { Plan } from './plan.ts';
import type { InvocationResult } from './running-plan.ts';
import type { Trace } from './trace.ts';

export interface DispatcherOptions {
  readonly engine: ComputeEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Results of functions that ask for it; null: none are kept. */
  readonly cache: ResultCache | null;
  readonly maxInvocations?: number;
  /** Of each invocation. */
  readonly flow?: FlowLimits;
}

export interface InvokeOptions {
  /** For logs and engines; made here when there is none. */
  readonly id?: string;
  readonly plan: Plan;
  /** In the plan's order of inputs. */
  readonly inputs: Sets;
  /** argv, environment and stdin, for a function alone. */
  readonly stdio?: ItemSet | null;
  /** Absent: the signal alone ends it. */
  readonly timeoutMs?: number;
  readonly traced?: boolean;
  readonly signal?: CancelSignal;
  /** Brings items while the invocation runs; absent: `inputs` is all there is. */
  readonly source?: InputSource | null;
  /** Takes outputs as they become final; the result then has no items. */
  readonly sink?: OutputSink | null;
}

export interface InvocationOutcome {
  readonly id: string;
  readonly result: InvocationResult;
  readonly trace: Trace | null;
  /** What its functions wrote; an entry without text says how much more there was. */
  readonly logs: readonly FunctionLog[];
  readonly elapsedMs: number;
}

export interface DispatcherStats {
  readonly invocations: number;
  /** Runs under way, on engines and of I/O functions. */
  readonly computing: number;
  readonly io: number;
  /** Runs that wait for a thread, or to do I/O. */
  readonly waiting: number;
  readonly waitingIo: number;
  /** Since the start. */
  readonly completedTasks: number;
  readonly completedIo: number;
}
