/** A composition that is invoked: its dataflow, on the lanes. */
import { AppError, toAppError } from '@pappus/core';
import type { SegmentResult } from '../engine/compute-engine.ts';
import type { IoOutcome } from '../io/io-function.ts';
import { Dataflow, type DataflowHost } from './dataflow.ts';
import { Invocation, type DispatchServices, type InvocationRequest } from './invocation.ts';
import type { Items } from './key-join.ts';
import type { Lane, LaneKind, Slot, Startable } from './lane.ts';
import { itemNames, type InvocationFailure } from './outcome.ts';
import type { Callee, ComputeCallee, GraphPlan, IoCallee } from './plan.ts';
import { compute } from './run-compute.ts';
import type { RunTask, TaskOutputs } from './run-task.ts';
import { recordSegment } from './segment-spans.ts';
import type { Span } from './trace.ts';

const LANES: readonly LaneKind[] = ['compute', 'io'];

export class GraphInvocation extends Invocation implements DataflowHost {
  readonly #plan: GraphPlan;
  readonly #dataflow: Dataflow;
  readonly #waiting: Record<LaneKind, number> = { compute: 0, io: 0 };
  /** Runs that were started or could be. */
  #runs = 0;
  #liveBytes = 0;
  #hasBegun = false;

  constructor(request: InvocationRequest, plan: GraphPlan, services: DispatchServices) {
    super(request, services);
    this.#plan = plan;
    this.#dataflow = new Dataflow({
      host: this,
      plan,
      inputs: request.inputs.map(({ items }) => items),
      prefix: '',
      deliver: this.deliversItems ? (output, items) => this.deliver(output, items) : null,
      done: (outputs) => this.#done(outputs),
    });
  }

  begin(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#guarded(() => this.#dataflow.start());
    }
    if (!this.isOver) for (const kind of LANES) this.services.lane(kind).offer(this);
  }

  pull(kind: LaneKind): Startable | null {
    if (this.isOver || this.isHeldUp) return null;
    const task = this.#guarded(() => this.#dataflow.pull(kind));
    // What was held back because of this run's items may go on.
    if (task !== null && this.#waiting[other(kind)] > 0) this.services.lane(other(kind)).offer(this);
    return task;
  }

  run(task: RunTask, lane: Lane, slot: Slot): void {
    const { callee } = task.state.plan;
    const startedMs = this.services.clock.nowMs();
    this.tasks += 1;
    if (callee.kind === 'io') this.#runIo(task, callee, startedMs, lane, slot);
    else this.#runSegment(task, callee as ComputeCallee, startedMs, lane, slot);
  }

  parallelism(kind: LaneKind): number {
    return this.services.parallelism(kind);
  }

  nowMs(): number {
    return this.recorder === null ? 0 : this.services.clock.nowMs();
  }

  addWaiting(kind: LaneKind, runs: number): void {
    if (this.isOver) return;
    this.#waiting[kind] += runs;
    this.services.lane(kind).addWaiting(runs);
    if (runs < 0) return;
    this.#runs += runs;
    const { maxRuns } = this.services.limits;
    if (this.#runs > maxRuns) throw new AppError('resource-exhausted', `invocation ${this.id} of ${this.flowName} is more than ${maxRuns} runs`);
  }

  addBytes(bytes: number): void {
    this.#liveBytes += bytes;
    const { maxLiveBytes } = this.services.limits;
    if (bytes <= 0 || this.#liveBytes <= maxLiveBytes) return;
    throw new AppError('resource-exhausted', `the intermediate sets of invocation ${this.id} of ${this.flowName} take more than ${maxLiveBytes} bytes`, {
      hint: "Take sets item by item ('each') where that is possible: such items are dropped as soon as they are used.",
    });
  }

  addItems(set: string, items: number): void {
    const { maxItemsPerSet } = this.services.limits;
    if (items > maxItemsPerSet) throw new AppError('resource-exhausted', `the set ${set} of ${this.flowName} has more than ${maxItemsPerSet} items`);
  }

  acquire(functions: readonly ComputeCallee[]): boolean {
    return this.services.functions.acquire(functions, this);
  }

  protected abandon(): void {
    for (const kind of LANES) {
      const lane = this.services.lane(kind);
      lane.addWaiting(-this.#waiting[kind]);
      this.#waiting[kind] = 0;
      lane.withdraw(this);
    }
    this.services.functions.withdraw(this);
  }

  #runSegment(task: RunTask, callee: ComputeCallee, startedMs: number, lane: Lane, slot: Slot): void {
    const { inputs, fused } = task;
    if (fused === null) throw new AppError('internal', `a run of ${callee.name} without a segment`);
    const leave = (busyUs: number): void => {
      lane.finished(slot, busyUs);
      this.services.functions.release(fused.functions);
    };
    const segmentTask = { invocation: this.id, segment: fused.segment, inputs, stdio: null, traced: this.recorder !== null };
    compute(this.services, callee, segmentTask, this.signal).then(
      (result) => {
        leave(result.busyUs);
        this.#logSegment(task, result);
        if (!this.isOver) this.#guarded(() => this.#segmentEnded(task, result, startedMs));
        this.#goOn();
      },
      (error: unknown) => {
        leave(0);
        this.cancel(error);
        this.#goOn();
      },
    );
  }

  #runIo(task: RunTask, { function: io }: IoCallee, startedMs: number, lane: Lane, slot: Slot): void {
    const { clock, logger } = this.services;
    io.run(task.inputs, { signal: this.signal, invocation: this.id, logger }).then(
      (outcome) => {
        lane.finished(slot, (clock.nowMs() - startedMs) * 1e3);
        if (!this.isOver) this.#guarded(() => this.#ioEnded(task, outcome, startedMs));
        this.#goOn();
      },
      (error: unknown) => {
        lane.finished(slot, (clock.nowMs() - startedMs) * 1e3);
        this.cancel(error);
        this.#goOn();
      },
    );
  }

  #goOn(): void {
    if (!this.isOver) this.begin();
    this.services.pump();
  }

  #segmentEnded(task: RunTask, result: SegmentResult, startedMs: number): void {
    this.busyUs += result.busyUs;
    this.#traceSegment(task, result, startedMs);
    if (result.kind === 'failed') {
      const application = task.fused?.applications[result.step] ?? task.state.plan.index;
      this.fail(this.#failure(task, this.#calleeOf(task, application), `${task.dataflow.prefix}${application}`, result.failure));
      return;
    }
    const outputs: TaskOutputs = result.outputs.map((sets, step) => (result.ran[step] === true ? sets.map((set) => set?.items ?? []) : null));
    task.dataflow.settle(task, outputs);
  }

  #ioEnded(task: RunTask, outcome: IoOutcome, startedMs: number): void {
    const { plan } = task.state;
    const application = `${task.dataflow.prefix}${plan.index}`;
    this.recorder?.add({ application, function: plan.callee.name, run: task.run, ...this.#waitOf(task, startedMs), fetchUs: (this.services.clock.nowMs() - startedMs) * 1e3, sandboxUs: 0, computeUs: 0, storeUs: 0, engine: 'io' });
    if (outcome.kind === 'failed') this.fail(this.#failure(task, plan.callee, application, outcome.failure));
    else task.dataflow.settle(task, [outcome.outputs.map(({ items }) => items)]);
  }

  #failure(task: RunTask, callee: Callee, application: string, failure: InvocationFailure['failure']): InvocationFailure {
    return { invocation: this.id, function: callee.name, application, run: task.run, items: itemNames(task.inputs), failure };
  }

  #logSegment(task: RunTask, { logs }: SegmentResult): void {
    for (const { step, log } of logs) {
      const application = task.fused?.applications[step] ?? task.state.plan.index;
      this.services.log({ invocation: this.id, function: this.#calleeOf(task, application).name, application: `${task.dataflow.prefix}${application}`, log });
    }
  }

  #traceSegment(task: RunTask, result: SegmentResult, startedMs: number): void {
    if (this.recorder === null) return;
    const names = (task.fused?.applications ?? []).map((application) => ({ application: `${task.dataflow.prefix}${application}`, function: this.#calleeOf(task, application).name, run: task.run }));
    const { startedUs: readyUs, queueUs } = this.#waitOf(task, startedMs);
    recordSegment(this.recorder, { result, names, readyUs, queueUs, endUs: (this.services.clock.nowMs() - this.startedMs) * 1e3 });
  }

  #waitOf({ batch }: RunTask, startedMs: number): Pick<Span, 'startedUs' | 'queueUs'> {
    return { startedUs: (batch.readyMs - this.startedMs) * 1e3, queueUs: (startedMs - batch.readyMs) * 1e3 };
  }

  #calleeOf(task: RunTask, application: number): Callee {
    return task.dataflow.calleeOf(application);
  }

  #done(outputs: readonly Items[]): void {
    this.finish(outputs.map((items, output) => ({ name: this.#plan.signature.outputs[output] ?? '', items })));
  }

  /** A limit that is passed somewhere in the dataflow ends the invocation. */
  #guarded<T>(action: () => T): T | null {
    try {
      return action();
    } catch (thrown) {
      this.cancel(toAppError(thrown));
      return null;
    }
  }
}

const other = (kind: LaneKind): LaneKind => (kind === 'io' ? 'compute' : 'io');
