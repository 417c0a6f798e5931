/**
 * Many invocations at once: takes them as long as there is room, lets compositions share threads and I/O fairly, and ends
 * what is over its time. What there is no room for is refused at once, to be tried again later; what was taken is never
 * dropped.
 */
import { AppError, sleep, type Clock, type Logger } from '@pappus/core';
import type { ResultCache } from '../cache/result-cache.ts';
import type { ComputeEngine } from '../engine/compute-engine.ts';
import { Deadlines } from './deadlines.ts';
import { DirectInvocation } from './direct-invocation.ts';
import { FunctionSlots } from './function-slots.ts';
import { GraphInvocation } from './graph-invocation.ts';
import type { DispatchServices, Invocation, InvocationRequest, RunLogEntry } from './invocation.ts';
import { Lane, type LaneKind } from './lane.ts';
import {
  AHEAD_US,
  DEFAULT_IO_SLOTS,
  MAX_INVOCATIONS,
  MAX_IO_SLOTS,
  MAX_ITEMS_PER_SET,
  MAX_LIVE_BYTES,
  MAX_RETRY_AFTER_MS,
  MAX_RUNS,
  MAX_SHARE_OF_INVOCATIONS,
  MAX_TASKS_PER_THREAD,
  MAX_WAITING_RUNS,
  MIN_IO_SLOTS,
  MIN_RETRY_AFTER_MS,
  MIN_TASKS_PER_THREAD,
  STOP_GRACE_MS,
} from './limits.ts';
import { SaturatedError, type InvocationResult } from './outcome.ts';

export interface DispatcherOptions {
  readonly engine: ComputeEngine;
  /** Where results of functions that ask for it are kept; null computes them each time. */
  readonly cache: Pick<ResultCache, 'run'> | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What functions have written, run by run. */
  readonly onLog?: (entry: RunLogEntry) => void;
  readonly threads: number;
  readonly ioSlots?: number;
  readonly maxInvocations?: number;
  readonly maxWaitingRuns?: number;
  readonly maxRuns?: number;
  readonly maxItemsPerSet?: number;
  readonly maxLiveBytes?: number;
}

export interface LaneStats {
  /** Runs that could start but for a slot. */
  readonly waiting: number;
  readonly running: number;
  readonly slots: number;
}

export interface DispatcherStats {
  readonly invocations: number;
  readonly refused: number;
  readonly compute: LaneStats;
  readonly io: LaneStats;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #services: DispatchServices;
  readonly #compute: Lane;
  readonly #io: Lane;
  readonly #functions: FunctionSlots;
  readonly #deadlines: Deadlines;
  readonly #active = new Set<Invocation>();
  readonly #activeByName = new Map<string, number>();
  readonly #maxInvocations: number;
  #threads: number;
  #refused = 0;
  #isStopping = false;

  constructor(options: DispatcherOptions) {
    const { engine, cache, clock, logger, onLog, threads } = options;
    this.#options = options;
    this.#threads = threads;
    this.#maxInvocations = options.maxInvocations ?? MAX_INVOCATIONS;
    this.#functions = new FunctionSlots((job) => this.#compute.offer(job));
    this.#compute = new Lane('compute', threads * MIN_TASKS_PER_THREAD, () => this.#functions.wakeAll());
    this.#io = new Lane('io', options.ioSlots ?? DEFAULT_IO_SLOTS);
    this.#deadlines = new Deadlines(clock);
    const { maxRuns = MAX_RUNS, maxItemsPerSet = MAX_ITEMS_PER_SET, maxLiveBytes = MAX_LIVE_BYTES } = options;
    this.#services = {
      clock,
      logger,
      engine,
      cache,
      functions: this.#functions,
      limits: { maxRuns, maxItemsPerSet, maxLiveBytes },
      lane: (kind) => this.#lane(kind),
      parallelism: (kind) => (kind === 'compute' ? this.#threads : this.#io.slots),
      log: (entry) => onLog?.(entry),
      pump: () => this.#pump(),
      ended: (invocation) => this.#ended(invocation),
    };
  }

  /**
   * Rejects with a `SaturatedError` when there is no room, `unavailable` when stopping, `cancelled` or the signal's
   * AppError, `deadline-exceeded`, `resource-exhausted` for a limit of the invocation. A function that fails does not
   * reject.
   */
  async invoke(request: InvocationRequest): Promise<InvocationResult> {
    request.signal.throwIfAborted();
    checkInputs(request);
    this.#admit(request.plan.name);
    const { plan } = request;
    const invocation = plan.kind === 'function' ? new DirectInvocation(request, plan, this.#services) : new GraphInvocation(request, plan, this.#services);
    this.#active.add(invocation);
    this.#activeByName.set(plan.name, (this.#activeByName.get(plan.name) ?? 0) + 1);
    this.#deadlines.add(invocation);
    invocation.begin();
    this.#pump();
    return invocation.result;
  }

  /** How many I/O runs may be under way at once. */
  setIoSlots(slots: number): void {
    this.#io.setSlots(Math.min(MAX_IO_SLOTS, Math.max(MIN_IO_SLOTS, slots)));
    this.#pump();
  }

  /** Threads that compute, here and at the engine. */
  setThreads(threads: number): void {
    this.#threads = Math.max(1, threads);
    this.#options.engine.setThreads(this.#threads);
    this.#pump();
  }

  stats(): DispatcherStats {
    return { invocations: this.#active.size, refused: this.#refused, compute: statsOf(this.#compute), io: statsOf(this.#io) };
  }

  /** Takes nothing new, lets what is under way end, and cancels what has not ended after `graceMs`. */
  async stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#isStopping = true;
    const ends = Promise.allSettled([...this.#active].map(({ result }) => result));
    const patience = new AbortController();
    await Promise.race([ends, sleep(this.#options.clock, graceMs, patience.signal).catch(() => {})]);
    patience.abort();
    for (const invocation of this.#active) invocation.cancel(new AppError('unavailable', 'the server is stopping', { retryable: true }));
    await ends;
    this.#deadlines.stop();
  }

  #admit(name: string): void {
    if (this.#isStopping) throw new AppError('unavailable', 'the server is stopping', { retryable: true });
    const { maxWaitingRuns = MAX_WAITING_RUNS } = this.#options;
    const active = this.#active.size;
    const waiting = this.#compute.waiting + this.#io.waiting;
    const own = this.#activeByName.get(name) ?? 0;
    const share = Math.max(1, Math.floor(this.#maxInvocations * MAX_SHARE_OF_INVOCATIONS));
    if (active < this.#maxInvocations && waiting < maxWaitingRuns && own < share) return;
    this.#refused += 1;
    const full = own >= share ? `${own} invocations of ${name}` : active >= this.#maxInvocations ? `${active} invocations` : `${waiting} runs`;
    throw new SaturatedError(`${full} are waiting or under way, and there is no room for more`, this.#retryAfterMs());
  }

  /** When about half of what waits will be done. */
  #retryAfterMs(): number {
    const computeMs = (this.#compute.waiting * this.#compute.estimateUs) / this.#threads / 1e3;
    const ioMs = (this.#io.waiting * this.#io.estimateUs) / this.#io.slots / 1e3;
    return Math.round(Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, Math.max(computeMs, ioMs) / 2)));
  }

  #lane(kind: LaneKind): Lane {
    return kind === 'compute' ? this.#compute : this.#io;
  }

  /** As many tasks at the engine as are about `AHEAD_US` of work for each thread: few when they take long. */
  #pump(): void {
    const perThread = Math.min(MAX_TASKS_PER_THREAD, Math.max(MIN_TASKS_PER_THREAD, Math.round(AHEAD_US / Math.max(1, this.#compute.estimateUs))));
    this.#compute.setSlots(this.#threads * perThread);
    this.#compute.pump();
    while (this.#io.pump() && this.#compute.pump());
  }

  #ended(invocation: Invocation): void {
    this.#active.delete(invocation);
    this.#deadlines.remove(invocation);
    const { flowName } = invocation;
    const left = (this.#activeByName.get(flowName) ?? 1) - 1;
    if (left > 0) this.#activeByName.set(flowName, left);
    else this.#activeByName.delete(flowName);
  }
}

const statsOf = ({ waiting, running, slots }: Lane): LaneStats => ({ waiting, running, slots });

function checkInputs({ plan: { name, signature }, inputs }: InvocationRequest): void {
  const expected = signature.inputs;
  if (inputs.length === expected.length && inputs.every((set, index) => set.name === expected[index])) return;
  throw new AppError('invalid-argument', `${name} takes the sets (${expected.join(', ')}), and was given (${inputs.map((set) => set.name).join(', ')})`);
}
