/** What all invocations have: an end, which comes once, whoever brings it; and a signal for what they have under way. */
import { AppError, cancelled, toAppError, type Clock, type Logger } from '@pappus/core';
import type { ResultCache } from '../cache/result-cache.ts';
import type { ComputeEngine, StepLog } from '../engine/compute-engine.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { FunctionSlots } from './function-slots.ts';
import type { Items } from './key-join.ts';
import type { Job, Lane, LaneKind, Startable } from './lane.ts';
import type { InvocationFailure, InvocationResult, Usage } from './outcome.ts';
import type { Plan } from './plan.ts';
import { TraceRecorder } from './trace.ts';

export interface InvocationRequest {
  /** Invocation id, for logs, traces and failures. */
  readonly invocation: string;
  readonly plan: Plan;
  /** All of the plan's inputs, in its order, under its names. */
  readonly inputs: Sets;
  /** argv, environment and stdin, for a function that is invoked directly; null without. */
  readonly stdio: ItemSet | null;
  readonly traced: boolean;
  /** Longest time until the end, in ms. */
  readonly timeoutMs: number;
  /** The client has left. */
  readonly signal: AbortSignal;
  /**
   * Takes the items of an output as they become final, in order, in place of their being kept until the end. While a
   * returned promise is pending, no further run is started.
   */
  readonly onItems?: (output: number, items: Items) => Promise<void> | void;
}

export interface RunLogEntry {
  readonly invocation: string;
  readonly function: string;
  readonly application: string;
  readonly log: StepLog['log'];
}

export interface InvocationLimits {
  readonly maxRuns: number;
  readonly maxItemsPerSet: number;
  readonly maxLiveBytes: number;
}

/** What the dispatcher has for its invocations. */
export interface DispatchServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: ComputeEngine;
  readonly cache: Pick<ResultCache, 'run'> | null;
  readonly functions: FunctionSlots;
  readonly limits: InvocationLimits;
  lane(kind: LaneKind): Lane;
  /** Runs that are worth having at once. */
  parallelism(kind: LaneKind): number;
  log(entry: RunLogEntry): void;
  /** Starts what may be started. */
  pump(): void;
  ended(invocation: Invocation): void;
}

export abstract class Invocation implements Job {
  readonly id: string;
  readonly flowName: string;
  readonly deadlineMs: number;
  readonly result: Promise<InvocationResult>;
  protected readonly services: DispatchServices;
  protected readonly request: InvocationRequest;
  protected readonly startedMs: number;
  protected readonly recorder: TraceRecorder | null;
  protected tasks = 0;
  protected busyUs = 0;
  #undelivered = 0;
  /** The outputs, as long as some items of them are still being taken. */
  #finished: Sets | null = null;
  #controller: AbortController | null = null;
  #resolve: ((result: InvocationResult) => void) | null;
  #reject: (error: unknown) => void;

  constructor(request: InvocationRequest, services: DispatchServices) {
    this.request = request;
    this.services = services;
    this.id = request.invocation;
    this.flowName = request.plan.name;
    this.startedMs = services.clock.nowMs();
    this.deadlineMs = this.startedMs + request.timeoutMs;
    this.recorder = request.traced ? new TraceRecorder() : null;
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>();
    this.result = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal.addEventListener('abort', this);
  }

  abstract pull(lane: LaneKind): Startable | null;

  /** There may be something to start: at first, and after a pause. */
  abstract begin(): void;

  /** What is still waiting will never start. */
  protected abstract abandon(): void;

  protected get deliversItems(): boolean {
    return this.request.onItems !== undefined;
  }

  /** Whoever takes the items has had enough for now. */
  protected get isHeldUp(): boolean {
    return this.#undelivered > 0;
  }

  protected get isOver(): boolean {
    return this.#resolve === null;
  }

  /** For what is under way. */
  protected get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** The client has left. */
  handleEvent(): void {
    const { reason } = this.request.signal;
    this.cancel(reason instanceof AppError ? reason : cancelled(`invocation ${this.id} of ${this.flowName}`));
    this.services.pump();
  }

  expire(): void {
    const message = `gave up after ${this.request.timeoutMs} ms waiting for invocation ${this.id} of ${this.flowName} to end`;
    this.cancel(new AppError('deadline-exceeded', message, { retryable: true, hint: 'Give the invocation more time, or less to do.' }));
    this.services.pump();
  }

  cancel(error: unknown): void {
    if (this.#resolve === null) return;
    const reject = this.#reject;
    const reason = toAppError(error);
    this.#end(reason);
    reject(reason);
  }

  protected fail(failure: InvocationFailure): void {
    if (this.#resolve === null) return;
    const resolve = this.#resolve;
    this.#end(cancelled(`what else invocation ${this.id} had under way after a failure`));
    resolve({ kind: 'failed', failure, usage: this.#usage(), trace: this.recorder?.trace() ?? null });
  }

  /** Not before all items that were handed on are taken. */
  protected finish(outputs: Sets): void {
    if (this.#undelivered > 0) {
      this.#finished = outputs;
      return;
    }
    if (this.#resolve === null) return;
    const resolve = this.#resolve;
    this.#end(null);
    const rest = this.deliversItems ? outputs.map(({ name }): ItemSet => ({ name, items: [] })) : outputs;
    resolve({ kind: 'done', outputs: rest, usage: this.#usage(), trace: this.recorder?.trace() ?? null });
  }

  protected deliver(output: number, items: Items): void {
    if (items.length === 0 || this.isOver) return;
    const taken = this.request.onItems?.(output, items);
    if (taken === undefined) return;
    this.#undelivered += 1;
    taken.then(
      () => this.#delivered(),
      (error: unknown) => this.cancel(error),
    );
  }

  #delivered(): void {
    this.#undelivered -= 1;
    if (this.#undelivered > 0 || this.isOver) return;
    if (this.#finished === null) this.begin();
    else this.finish(this.#finished);
    this.services.pump();
  }

  #usage(): Usage {
    return { tasks: this.tasks, busyUs: this.busyUs, elapsedMs: this.services.clock.nowMs() - this.startedMs };
  }

  #end(reason: AppError | null): void {
    this.#resolve = null;
    this.request.signal.removeEventListener('abort', this);
    this.abandon();
    this.services.ended(this);
    if (reason !== null) this.#controller?.abort(reason);
  }
}
