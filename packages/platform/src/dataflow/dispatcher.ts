/**
 * All invocations of the gateway. It asks them for runs whenever there is room on the engines or for I/O, in turns
 * between compositions, and hands results back. Nothing waits here but what was accepted: with no room for another
 * invocation of its name, `invoke` refuses at once.
 */
import { AppError, Cancellation, cancelled, errorMessage, randomHex, toAppError, type CancelSignal, type Timer } from '@pappus/core';
import { resultKey } from '../cache/result-key.ts';
import type { Memoized, ResultCache } from '../cache/result-cache.ts';
import { SharedPlaces } from '../control/shared-places.ts';
import type { SegmentResult, SegmentTask } from '../engine/compute-engine.ts';
import type { RunEstimate } from '../engine/run-estimate.ts';
import type { FunctionHash } from '../functions/function-spec.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import { Admission } from './admission.ts';
import { failureKindOf } from './failure.ts';
import { FairLine } from './fair-line.ts';
import { DEFAULT_FLOW, type FlowLimits } from './flow.ts';
import { FunctionInvocation } from './function-invocation.ts';
import { FunctionTurns, type Waiter } from './function-turns.ts';
import { Invocation } from './invocation.ts';
import type { DispatcherOptions, DispatcherStats, InvocationOutcome, InvokeOptions } from './invoke-options.ts';
import { JobLogs } from './job-logs.ts';
import { LiveSet } from './live-set.ts';
import { DEFAULT_IO_SLOTS, ESTIMATED_IO_US, KEPT_RUN_US, MAX_INVOCATION_NESTING, MAX_INVOCATIONS, MAX_NESTED_AT_ONCE, MAX_JOINED_RUNS } from './limits.ts';
import { isKept, type Callee, type PlannedApplication, type Unit } from './plan.ts';
import type { InvocationOptions, InvocationResult, LiveBytes, Run, RunningPlan } from './running-plan.ts';
import { ThreadRoom } from './thread-room.ts';
import { Trace } from './trace.ts';

/** One invocation as clients see it, with the nested ones in it. */
interface Job {
  slot: number;
  readonly id: string;
  readonly lane: string;
  /** Of what runs for it. */
  readonly cancellation: Cancellation;
  readonly stdio: ItemSet | null;
  readonly trace: Trace | null;
  readonly logs: JobLogs;
  readonly live: LiveBytes;
  /** Compositions that run inside its own. */
  nested: number;
  readonly root: RunningPlan;
}

/** What a run takes up. */
type Kind = 'compute' | 'io';
type ComputeCallee = Extract<Callee, { kind: 'compute' }>;

interface Entry extends Waiter {
  readonly job: Job;
  readonly invocation: RunningPlan;
  /** Compositions that it has called and that have not ended. */
  nested: number;
}

/** What a run has of the engines' room, of its function's concurrency and of its composition's turn. */
interface Turn {
  readonly lane: string;
  readonly hash: FunctionHash;
  readonly estimate: RunEstimate;
  readonly parts: number;
  readonly chargedUs: number;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lines = { compute: new FairLine<Entry>(), io: new FairLine<Entry>() };
  readonly #functions = new FunctionTurns<Entry>((entry) => this.#wake(entry));
  readonly #admission: Admission;
  readonly #jobs = new LiveSet<Job>();
  readonly #flow: FlowLimits;
  /** Different in each run of the server; a random number for each invocation would cost as much as all the rest. */
  readonly #idPrefix: string;
  #lastId = 0;
  readonly #room: ThreadRoom;
  /** Runs without a place on a thread, since their results are kept or come from others. */
  #joined = 0;
  readonly #io = new SharedPlaces(DEFAULT_IO_SLOTS);
  #completedTasks = 0;
  #completedIo = 0;
  /** Whether there is room for a run of a composition. */
  readonly #mayGo = {
    compute: (): boolean => this.#room.isOpen,
    io: (lane: string): boolean => this.#io.isOpenTo(lane),
  };
  #pumping = false;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#admission = new Admission(options.maxInvocations ?? MAX_INVOCATIONS);
    this.#flow = options.flow ?? DEFAULT_FLOW;
    this.#idPrefix = `${randomHex(options.random, 4)}-`;
    this.#room = new ThreadRoom(options.engine.stats().threads);
  }

  /** Threads that compute; follows the engine's. */
  setThreads(threads: number): void {
    this.#room.resize(threads);
    this.#pump();
  }

  setIoSlots(slots: number): void {
    this.#io.resize(slots);
    this.#pump();
  }

  stats(): DispatcherStats {
    return { invocations: this.#jobs.size, computing: this.#room.tasks, io: this.#io.taken, waiting: this.#waiting('compute'), waitingIo: this.#waiting('io'), completedTasks: this.#completedTasks, completedIo: this.#completedIo };
  }

  #waiting(kind: Kind): number {
    let runs = 0;
    for (const { invocation } of this.#lines[kind].entries()) runs += invocation.runsLeft(kind);
    return runs;
  }

  /** Rejects with `resource-exhausted` when too many are under way (admission.ts); everything that happens after that is in the outcome. */
  invoke(options: InvokeOptions): Promise<InvocationOutcome> {
    if (this.#stopping) return Promise.reject(new AppError('unavailable', 'the server is stopping', { retryable: true }));
    const refusal = this.#admission.enter(options.plan.name);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      try {
        this.#accept(options, resolve);
      } catch (thrown) {
        this.#admission.leave(options.plan.name);
        reject(thrown);
      }
    });
  }

  /** Takes nothing new and waits for what is under way, at most so long; then it is cancelled. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#jobs.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    const timer = this.#options.clock.schedule(graceMs, () => {
      for (const job of this.#jobs.toArray()) this.#cancel(job.root, 'the server stopped');
    });
    await idle;
    timer.cancel();
  }

  #accept(options: InvokeOptions, resolve: (outcome: InvocationOutcome) => void): void {
    const { clock } = this.#options;
    const { plan, inputs, signal, timeoutMs } = options;
    const startedMs = clock.nowMs();
    const id = options.id ?? `${this.#idPrefix}${(this.#lastId++).toString(36)}`;
    const trace = options.traced === true ? new Trace(clock) : null;
    const onAbort = (): void => this.#cancel(job.root, 'the client left');
    const onEnd = (result: InvocationResult): void => {
      deadline?.cancel();
      signal?.removeEventListener('abort', onAbort);
      this.#jobs.delete(job);
      this.#admission.leave(plan.name);
      if (result.kind === 'failed') job.cancellation.abort(cancelled(`invocation ${id}`));
      resolve({ id, result, trace, logs: job.logs.all(), elapsedMs: clock.nowMs() - startedMs });
      if (this.#jobs.size === 0) this.#idle?.();
    };
    const { source = null, sink = null } = options;
    const live: LiveBytes = { bytes: 0 };
    const root = running({ plan, inputs, source, sink, flow: this.#flow, live, onRoom: () => this.#goOn(entry), path: [], onEnd: (result) => onEnd(result) });
    const job: Job = { slot: -1, id, lane: plan.name, cancellation: new Cancellation(), stdio: options.stdio ?? null, trace, logs: new JobLogs(), live, nested: 0, root };
    const deadline: Timer | null = timeoutMs === undefined ? null : clock.schedule(timeoutMs, () => this.#fail(root, 'deadline', `the invocation took longer than ${timeoutMs} ms`));
    this.#jobs.add(job);
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const entry: Entry = entryOf(job, root);
    try {
      this.#begin(entry);
      source?.begin({
        add: (set, items) => this.#feed(entry, () => root.addInput(set, items)),
        end: () => this.#feed(entry, () => root.endInputs()),
      });
    } catch (thrown) {
      this.#onDefect(entry, thrown);
    }
  }

  #feed(entry: Entry, put: () => void): void {
    if (entry.invocation.isEnded) return;
    put();
    this.#goOn(entry);
  }

  #cancel(invocation: RunningPlan, why: string): void {
    this.#fail(invocation, 'cancelled', why);
  }

  #fail(invocation: RunningPlan, kind: 'cancelled' | 'deadline' | 'internal' | 'nesting', message: string): void {
    // After a defect nothing is asked of what it has met.
    const reason = kind === 'internal' ? { kind, message } : { kind, message, underWay: invocation.underWay() };
    invocation.fail({ function: null, path: [...invocation.path, invocation.plan.name], application: null, items: [], reason });
  }

  #begin(entry: Entry): void {
    entry.invocation.begin();
    this.#goOn(entry);
  }

  /** Its invocation may have runs to start. */
  #goOn(entry: Entry): void {
    const { job, invocation } = entry;
    if (job.root.isEnded) return this.#pump();
    try {
      while (entry.nested === 0 || job.nested < MAX_NESTED_AT_ONCE) {
        const run = invocation.next('composition', always);
        if (run === null) break;
        this.#nest(entry, run);
      }
      this.#enter('compute', entry);
      this.#enter('io', entry);
    } catch (thrown) {
      this.#onDefect(entry, thrown);
    }
    this.#pump();
  }

  /** Whoever can start stands in line; at once it starts where nobody stands there. */
  #enter(kind: Kind, entry: Entry): void {
    const { job, invocation } = entry;
    if (!invocation.canStart(kind)) return;
    const line = this.#lines[kind];
    const startsAtOnce = line.size === 0 && this.#mayGo[kind](job.lane);
    if (!startsAtOnce || (this.#start(kind, entry) && invocation.canStart(kind))) line.add(job.lane, entry);
  }

  /** Starts what there is room for: one loop, also where what it starts ends at once and asks for it again. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#startNext('compute'));
    while (this.#startNext('io'));
    this.#pumping = false;
  }

  /** False when nobody waits who may go on. */
  #startNext(kind: Kind): boolean {
    const entry = this.#lines[kind].peek(this.#mayGo[kind]);
    if (entry === undefined) return false;
    try {
      this.#start(kind, entry);
    } catch (thrown) {
      this.#onDefect(entry, thrown);
    }
    return true;
  }

  /** Starts one run of it, if there is one that may start. Whether or not it stands in line: it does not afterwards, unless it has more. */
  #start(kind: Kind, entry: Entry): boolean {
    const { job, invocation } = entry;
    const run = job.root.isEnded ? null : invocation.next(kind, this.#functions.admit);
    if (run === null || !invocation.canStart(kind)) this.#lines[kind].remove(job.lane, entry);
    if (kind === 'io') {
      if (run !== null) void this.#performIo(entry, run);
      return run !== null;
    }
    this.#functions.answered(entry, run === null ? null : (run.planned.callee as ComputeCallee).hash);
    if (run === null) return false;
    const { hash } = run.planned.callee as ComputeCallee;
    const unit = invocation.unitOf(run) as Unit;
    const turn = this.#takeTurn(job.lane, hash, unit);
    const { cache } = this.#options;
    if (cache !== null && isKept(run.planned.callee)) void this.#computeKept(entry, run, unit, turn, cache);
    else void this.#compute(entry, run, unit, turn);
    return true;
  }

  /** A function that it waits for may run: into the line, unless it has ended. */
  #wake(entry: Entry): boolean {
    if (entry.job.root.isEnded) return false;
    this.#lines.compute.add(entry.job.lane, entry);
    return true;
  }

  async #compute(entry: Entry, run: Run, unit: Unit, turn: Turn): Promise<void> {
    const { job } = entry;
    const readyUs = job.trace?.nowUs() ?? 0;
    let costUs = turn.chargedUs;
    try {
      const result = await this.#options.engine.run(taskOf(job, run, unit), job.cancellation);
      costUs = result.busyUs;
      turn.estimate.learn(costUs);
      this.#onSegment(entry, run, unit, result, readyUs);
    } catch (thrown) {
      if (job.cancellation.aborted) costUs = 0; // no thread has begun it
      this.#onThrown(entry, run, thrown);
    } finally {
      this.#leaveTurn(turn, costUs);
      this.#completedTasks++;
      this.#goOn(entry);
    }
  }

  /** Its result may be there, or come with that of another run; else it is computed, for all who want it by then. */
  async #computeKept(entry: Entry, run: Run, unit: Unit, turn: Turn, cache: ResultCache): Promise<void> {
    const { job } = entry;
    const callee = run.planned.callee as ComputeCallee;
    const readyUs = job.trace?.nowUs() ?? 0;
    let holder: 'run' | 'computation' | 'nobody' = 'run';
    try {
      const task = taskOf(job, run, unit);
      const compute = (signal: CancelSignal): Promise<SegmentResult> => {
        holder = 'computation';
        return this.#computeForAll(task, turn, signal);
      };
      const asked = cache.run(resultKey(callee.hash, task.inputs, task.stdio), { signal: job.cancellation.abortSignal, compute, outputsOf: (result) => (result.kind === 'done' ? outputsOf(callee, result) : null) });
      if (holder === 'run' && this.#joined < MAX_JOINED_RUNS) {
        holder = 'nobody';
        this.#joined++;
        this.#leaveTurn(turn, KEPT_RUN_US);
      }
      const answer = await asked;
      if (answer.kind === 'computed') this.#onSegment(entry, run, unit, answer.result, readyUs);
      else this.#onShared(entry, run, answer, readyUs);
    } catch (thrown) {
      this.#onThrown(entry, run, thrown);
    } finally {
      if (holder === 'nobody') this.#joined--;
      else if (holder === 'run') this.#leaveTurn(turn, KEPT_RUN_US);
      this.#completedTasks++;
      this.#goOn(entry);
    }
  }

  /** Whoever asked first may leave while others wait: its turn is kept as long as the computation goes on. */
  async #computeForAll(task: SegmentTask, turn: Turn, signal: CancelSignal): Promise<SegmentResult> {
    let costUs = turn.chargedUs;
    try {
      const result = await this.#options.engine.run(task, signal);
      costUs = result.busyUs;
      turn.estimate.learn(costUs);
      return result;
    } catch (thrown) {
      if (signal.aborted) costUs = 0;
      throw thrown;
    } finally {
      this.#leaveTurn(turn, costUs);
      this.#pump();
    }
  }

  #takeTurn(lane: string, hash: FunctionHash, { segment }: Unit): Turn {
    const estimate = this.#room.estimateOf(segment);
    this.#functions.begin(hash);
    return { lane, hash, estimate, parts: this.#room.take(estimate.us), chargedUs: this.#lines.compute.charge(lane, estimate.us) };
  }

  #leaveTurn({ lane, hash, parts, chargedUs }: Turn, costUs: number): void {
    this.#room.leave(parts);
    this.#functions.end(hash);
    this.#lines.compute.charge(lane, costUs - chargedUs);
  }

  /** A result of another run, whose logs and times are not this one's. */
  #onShared({ invocation, job }: Entry, run: Run, answer: Exclude<Memoized<SegmentResult>, { kind: 'computed' }>, readyUs: number): void {
    const { index, callee } = run.planned;
    if (job.trace !== null) {
      const queueUs = answer.kind === 'joined' ? job.trace.nowUs() - readyUs : 0;
      job.trace.add({ path: [...invocation.path, invocation.plan.name], application: index, function: callee.name, kind: 'kept', run: run.number, startedUs: readyUs, queueUs, fetchUs: 0, sandboxUs: 0, computeUs: 0, storeUs: 0 });
    }
    if (answer.kind === 'kept') invocation.finished(run, answer.outputs);
    else if (answer.result.kind === 'failed') invocation.failRun(run, answer.result.failure);
    else invocation.finished(run, outputsOf(callee as ComputeCallee, answer.result));
  }

  #onSegment(entry: Entry, run: Run, unit: Unit, result: SegmentResult, readyUs: number): void {
    const { invocation, job } = entry;
    if (invocation.isEnded) return; // it was given up while this ran
    const plannedAt = (step: number): PlannedApplication => invocation.plan.applications[unit.applications[step] ?? -1] ?? run.planned;
    for (const { step, log } of result.logs) job.logs.add(plannedAt(step).callee.name, log);
    const { trace } = job;
    if (trace !== null) {
      const placeAt = (step: number): Parameters<Trace['addCompute']>[0] => ({ path: [...invocation.path, invocation.plan.name], application: plannedAt(step).index, function: plannedAt(step).callee.name, run: run.number });
      for (const span of result.spans) trace.addCompute(placeAt(span.step), readyUs, result.busyUs, span);
      if (result.kind === 'failed' && result.spans.length === 0) trace.addLost(placeAt(result.step), readyUs, result.busyUs);
    }
    if (result.kind === 'done') invocation.segmentDone(run, unit, result);
    else invocation.failRun(run, result.failure, plannedAt(result.step));
  }

  async #performIo(entry: Entry, run: Run): Promise<void> {
    const { job, invocation } = entry;
    const callee = run.planned.callee as Extract<Callee, { kind: 'io' }>;
    const { clock } = this.#options;
    const startedUs = job.trace?.nowUs() ?? 0;
    const startedMs = clock.nowMs();
    this.#io.take(job.lane);
    const chargedUs = this.#lines.io.charge(job.lane, ESTIMATED_IO_US);
    try {
      const outcome = await callee.io.run(run.inputs, { signal: job.cancellation.abortSignal, invocation: job.id, lane: job.lane, logger: this.#options.logger });
      const { index } = run.planned;
      job.trace?.add({ path: [...invocation.path, invocation.plan.name], application: index, function: callee.name, kind: 'io', run: run.number, startedUs, queueUs: 0, fetchUs: job.trace.nowUs() - startedUs, sandboxUs: 0, computeUs: 0, storeUs: 0 });
      if (outcome.kind === 'done') invocation.finished(run, outcome.outputs);
      else invocation.failRun(run, outcome.failure);
    } catch (thrown) {
      this.#onThrown(entry, run, thrown);
    } finally {
      this.#io.leave(job.lane);
      this.#completedIo++;
      this.#lines.io.charge(job.lane, (clock.nowMs() - startedMs) * 1_000 - chargedUs);
      this.#goOn(entry);
    }
  }

  #nest(entry: Entry, run: Run): void {
    const { job, invocation } = entry;
    const { plan } = run.planned.callee as Extract<Callee, { kind: 'composition' }>;
    const path = [...invocation.path, invocation.plan.name];
    if (path.length >= MAX_INVOCATION_NESTING) return this.#fail(invocation, 'nesting', `compositions run more than ${MAX_INVOCATION_NESTING} deep in one another`);
    entry.nested++;
    job.nested++;
    let begun = false;
    const onEnd = (result: InvocationResult): void => {
      entry.nested--;
      job.nested--;
      if (result.kind === 'done') invocation.finished(run, result.outputs);
      else invocation.fail(result.failure);
      if (begun) this.#goOn(entry); // else whoever began it goes on, and does not stand one call deeper for each item
    };
    const inner = running({ plan, inputs: run.inputs, source: null, sink: null, flow: this.#flow, live: job.live, onRoom: () => {}, path, onEnd });
    this.#begin(entryOf(job, inner));
    begun = true;
  }

  /** A mistake of ours in one invocation ends this one, not the process and not the others. */
  #onDefect({ job }: Entry, thrown: unknown): void {
    this.#options.logger.log('error', 'an invocation met a defect', { invocation: job.id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    this.#fail(job.root, 'internal', errorMessage(thrown));
  }

  /** An engine or an I/O function rejects only when it stops, when its signal says so, when the function was removed, or for a defect of ours. */
  #onThrown({ invocation, job }: Entry, run: Run, thrown: unknown): void {
    if (invocation.isEnded) return;
    const error = toAppError(thrown);
    if (error.code === 'internal') this.#options.logger.log('error', 'a run failed outside its function', { invocation: job.id, error: errorMessage(thrown) });
    invocation.failRun(run, { kind: failureKindOf(error), message: error.message });
  }
}

const taskOf = (job: Job, run: Run, { segment }: Unit): SegmentTask => ({ invocation: job.id, segment, inputs: run.inputs, stdio: job.stdio, traced: job.trace !== null });
const entryOf = (job: Job, invocation: RunningPlan): Entry => ({ job, invocation, nested: 0, waitsFor: [], offered: null });
/** Of a run that was a task of its own. */
const outputsOf = ({ spec }: ComputeCallee, { outputs }: Extract<SegmentResult, { kind: 'done' }>): Sets => (outputs[0] ?? []).map((set, index) => set ?? { name: spec.outputs[index] ?? '', items: [] });
const always = (): boolean => true;
const running = (options: InvocationOptions): RunningPlan => (options.plan.alone && options.source === null && options.sink === null ? new FunctionInvocation(options) : new Invocation(options));
