/**
 * One invocation of a plan: which sets are there, and so which runs can start. It starts nothing itself: the dispatcher
 * asks for runs when it has room, and says what came of them. So `each` items flow on while their set is still growing,
 * and whoever is nearest to the outputs goes first, which keeps what lies in between small.
 */
import { assert, defined } from '@pappus/core';
import type { SegmentResult } from '../engine/compute-engine.ts';
import { bytesOfItem } from '../sets/far-item.ts';
import type { Item, Sets } from '../sets/item.ts';
import { ApplicationState, type GraphRun } from './application-state.ts';
import type { InvocationFailure, PlatformFailure } from './failure.ts';
import type { InputSource } from './flow.ts';
import { FlowMeter } from './flow-meter.ts';
import { MAX_LIVE_BYTES, MAX_RUNS_PER_APPLICATION, MAX_SET_ITEMS } from './limits.ts';
import { Outlet } from './outlet.ts';
import { partition } from './partition.ts';
import type { Callee, Plan, PlannedApplication, Unit } from './plan.ts';
import { failureOfRun, type Admit, type InvocationOptions, type InvocationResult, type LiveBytes, type RunningPlan } from './running-plan.ts';
import { SetState, type Part } from './set-state.ts';

export class Invocation implements RunningPlan {
  readonly plan: Plan;
  readonly path: readonly string[];
  readonly #sets: readonly SetState[];
  readonly #applications: readonly ApplicationState[];
  readonly #source: InputSource | null;
  readonly #meter: FlowMeter;
  /** Null where the outputs are wanted as a whole. */
  readonly #outlet: Outlet | null;
  readonly #onEnd: (result: InvocationResult) => void;
  /** Applications for which something may have become possible; a list, since a chain of them may be thousands long. */
  readonly #changed: ApplicationState[] = [];
  #open: number;
  /** What is there at the beginning. */
  #inputs: Sets;
  /** Of all that run for the client. */
  readonly #live: LiveBytes;
  /** What this one has of them. */
  #liveBytes = 0;
  #ended = false;

  constructor({ plan, inputs, source, sink, flow, live, onRoom, path, onEnd }: InvocationOptions) {
    this.plan = plan;
    this.path = path;
    this.#source = source;
    this.#meter = new FlowMeter(flow, source);
    this.#onEnd = onEnd;
    this.#live = live;
    this.#sets = plan.graph.sets.map((_, set) => {
      const leaves = sink !== null && plan.isOutput[set] === true;
      return new SetState(isKept(plan, set, leaves), leaves, plan.readers[set]?.length ?? 0);
    });
    this.#applications = plan.applications.map((planned) => new ApplicationState(planned, plan.headOf[planned.index] !== null && plan.headOf[planned.index] !== planned.index, sink !== null));
    this.#outlet = sink === null ? null : new Outlet({ plan, sink, sets: this.#sets, applications: this.#applications, meter: this.#meter, letGo: (part) => this.#letGo(part), onRoom });
    this.#open = this.#applications.length;
    this.#inputs = inputs;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Makes what can start known; ends at once where there is nothing to do, or too much of it. */
  begin(): void {
    for (let set = 0; set < this.plan.graph.inputs; set++) this.#fill(set, this.#inputs[set]?.items ?? []);
    this.#inputs = [];
    this.#changed.push(...this.#applications);
    this.#settled();
  }

  /** Items of an input whose source has not ended. */
  addInput(set: number, items: readonly Item[]): void {
    if (this.#ended || items.length === 0) return;
    const state = this.#state(set);
    assert(set < this.plan.graph.inputs && !state.complete, 'items for an input that is not open');
    const part: Part = { order: [state.added], items, bytes: bytesOf(items), sent: true, holders: 0 };
    state.added++;
    this.#addPart(set, part, null);
    if (part.holders === 0) this.#source?.letGo(part.bytes); // nobody reads the set
  }

  /** No more items come from the source. */
  endInputs(): void {
    if (this.#ended) return;
    for (let set = 0; set < this.plan.graph.inputs; set++) {
      this.#completeSet(set);
      this.#changeReaders(set);
    }
    this.#settled();
  }

  /** The run nearest to the outputs, of a callee of this kind that may run now, or null. */
  next(kind: Callee['kind'], admit: Admit): GraphRun | null {
    if (this.#ended) return null;
    for (let index = this.#applications.length - 1; index >= 0; index--) {
      const application = this.#applications[index] as ApplicationState;
      const { callee } = application.planned;
      if (callee.kind !== kind || !application.canStart || this.#isHeldBack(application) || !admit(callee)) continue;
      if (application.started < MAX_RUNS_PER_APPLICATION) return application.next();
      this.#failRuns(callee, application.started + application.runsLeft);
      return null;
    }
    return null;
  }

  canStart(kind: Callee['kind']): boolean {
    return !this.#ended && this.#applications.some((application) => application.planned.callee.kind === kind && application.canStart && !this.#isHeldBack(application));
  }

  runsLeft(kind: Callee['kind']): number {
    if (this.#ended) return 0;
    return this.#applications.reduce((sum, application) => (application.planned.callee.kind === kind && !this.#isHeldBack(application) ? sum + application.runsLeft : sum), 0);
  }

  underWay(): readonly string[] {
    const nameOf = (index: number): string => this.plan.applications[index]?.callee.name ?? '';
    return this.#applications.flatMap(({ active, planned }) => {
      if (active === 0) return [];
      const chain = (this.plan.units[planned.index]?.applications ?? [planned.index]).map(nameOf).join(' → ');
      return [active === 1 ? chain : `${chain} (${active} runs)`];
    });
  }

  /** The unit that a run is the head of, or null for I/O and compositions. */
  unitOf(run: GraphRun): Unit | null {
    return this.plan.units[run.application.planned.index] ?? null;
  }

  /** A run that was a task of its own: an I/O function, a composition, a kept result. */
  finished(run: GraphRun, outputs: Sets): void {
    if (this.#ended) return;
    this.#addOutputs(run.application.planned, run.order, outputs.map(({ items }) => items), null);
    this.#settleRun(run);
  }

  /** A run and those that followed on its thread. */
  segmentDone(run: GraphRun, unit: Unit, result: Extract<SegmentResult, { kind: 'done' }>): void {
    if (this.#ended) return;
    unit.applications.forEach((index, step) => {
      const { planned } = this.#applications[index] as ApplicationState;
      const sets = result.outputs[step] ?? [];
      this.#addOutputs(planned, run.order, sets.map((set) => set?.items ?? null), { unit, ran: result.ran });
    });
    if (unit.once) unit.applications.forEach((index, step) => ((this.#applications[index] as ApplicationState).ranInUnit = step > 0 && result.ran[step] === true));
    this.#settleRun(run);
  }

  fail(failure: InvocationFailure): void {
    if (this.#ended) return;
    this.#end({ kind: 'failed', failure });
  }

  failRun(run: GraphRun, reason: InvocationFailure['reason'], planned?: PlannedApplication): void {
    this.fail(failureOfRun(this, run, reason, planned));
  }

  #failPlatform(kind: PlatformFailure['kind'], message: string): void {
    this.fail({ function: null, path: [...this.path, this.plan.name], application: null, items: [], reason: { kind, message } });
  }

  #failRuns({ name }: Callee, runs: number): void {
    this.#failPlatform('runs', `${name} would run ${runs} times in one invocation, which may be ${MAX_RUNS_PER_APPLICATION} at the most`);
  }

  /**
   * Whether the application has to wait though it could start. Nothing starts while the client has much to read. What
   * begins anew, and does not take up what others have made, waits while there is much of that: nobody can be waiting
   * for it meanwhile, since it starts its runs in their order, and so what is waiting for its turn among the outputs
   * waits for runs that are under way or that others can start.
   */
  #isHeldBack(application: ApplicationState): boolean {
    return this.#meter.isUnsent || (this.#meter.isFull && !this.#takesUp(application));
  }

  #takesUp({ planned: { streamed, inputs } }: ApplicationState): boolean {
    return streamed !== null && (inputs[streamed]?.set ?? 0) >= this.plan.graph.inputs;
  }

  /** What the client brought before the beginning: it holds the bytes itself. */
  #fill(set: number, items: readonly Item[]): void {
    if (this.#ended) return;
    const state = this.#state(set);
    if (items.length > 0) this.#addPart(set, { order: [state.added], items, bytes: 0, sent: true, holders: 0 }, null);
    state.added++;
    state.complete = this.#source === null;
  }

  #state(set: number): SetState {
    return this.#sets[set] as SetState;
  }

  #addOutputs({ outputs }: PlannedApplication, order: readonly number[], items: readonly (readonly Item[] | null)[], fused: Fused | null): void {
    outputs.forEach((set, output) => {
      const made = items[output];
      if (set === null || made === null || made === undefined || made.length === 0) return;
      this.#addPart(set, { order, items: made, bytes: bytesOf(made), sent: false, holders: 0 }, fused);
    });
  }

  #addPart(set: number, part: Part, fused: Fused | null): void {
    const state = this.#state(set);
    state.add(part);
    if (state.leaving !== null) this.#outlet?.enter(part);
    for (const reader of this.plan.readers[set] ?? []) {
      const application = this.#applications[reader] as ApplicationState;
      const { streamed, inputs } = application.planned;
      if (streamed !== null && inputs[streamed]?.set === set && !ranWith(fused, reader)) this.#offer(application, part);
    }
    if (part.holders === 0) return;
    this.#count(part.bytes);
    if (state.items > MAX_SET_ITEMS) this.#failPlatform('set-items', `the set ${this.plan.graph.sets[set] ?? ''} has more than ${MAX_SET_ITEMS} items`);
    else if (this.#live.bytes > MAX_LIVE_BYTES) this.#failPlatform('live-bytes', `the sets between the functions hold more than ${MAX_LIVE_BYTES} bytes at a time`);
  }

  /** Items of a unit's follower that were handed back make it an application like any other. */
  #offer(application: ApplicationState, part: Part): void {
    if (application.phase === 'done') return;
    application.offer(part);
    if (application.flows) this.#meter.enter(part);
    if (application.phase === 'fused') this.#openStream(application);
  }

  #letGo(part: Part): void {
    part.holders--;
    if (part.holders > 0) return;
    if (!this.#ended) this.#count(-part.bytes);
    if (part.sent && part.bytes > 0) this.#source?.letGo(part.bytes);
  }

  #count(bytes: number): void {
    this.#liveBytes += bytes;
    this.#live.bytes += bytes;
  }

  #settleRun(run: GraphRun): void {
    const { application, part, endsPart } = run;
    application.ended(run);
    if (part !== null) {
      if (endsPart) this.#meter.leave(part);
      this.#letGo(part);
    }
    this.#settle(application);
    this.#settled();
  }

  /** Something has changed: what follows from it. */
  #settled(): void {
    this.#advanceAll();
    this.#outlet?.handOverAll();
    this.#endIfComplete();
  }

  #settle(application: ApplicationState): void {
    if (!this.#ended && application.isFinished) this.#complete(application);
  }

  /** Nothing will come out of it any more. */
  #complete(application: ApplicationState): void {
    const { index, inputs, outputs } = application.planned;
    for (const part of application.close()) {
      if (application.flows) this.#meter.leave(part);
      this.#letGo(part);
    }
    this.#open--;
    for (const set of new Set(inputs.map((input) => input.set))) this.#leaveSet(set);
    for (const set of outputs) if (set !== null) this.#completeSet(set);
    for (const set of outputs) if (set !== null) this.#changeReaders(set);
    for (const follower of this.plan.units[index]?.applications.slice(1) ?? []) this.#changed.push(this.#applications[follower] as ApplicationState);
  }

  #changeReaders(set: number): void {
    for (const reader of this.plan.readers[set] ?? []) this.#changed.push(this.#applications[reader] as ApplicationState);
  }

  #completeSet(set: number): void {
    const state = this.#state(set);
    state.complete = true;
    if (state.leaving !== null) this.#outlet?.handOver(set);
  }

  #leaveSet(set: number): void {
    const state = this.#state(set);
    state.openReaders--;
    if (state.openReaders > 0 || (this.plan.isOutput[set] === true && state.leaving === null)) return;
    for (const part of state.release()) this.#letGo(part);
  }

  #advanceAll(): void {
    for (let application = this.#changed.pop(); application !== undefined; application = this.#changed.pop()) this.#advance(application);
  }

  /** Looks what has become possible now that some set or application is complete. */
  #advance(application: ApplicationState): void {
    if (this.#ended || application.phase === 'done') return;
    const { planned } = application;
    const head = this.plan.headOf[planned.index];
    if (head !== null && head !== undefined && head !== planned.index && (this.#applications[head] as ApplicationState).phase !== 'done') return;
    if (application.ranInUnit) {
      application.phase = 'open';
      return this.#complete(application);
    }
    if (planned.streamed === null) this.#advanceWhole(application);
    else this.#advanceStream(application, planned.streamed);
  }

  #advanceWhole(application: ApplicationState): void {
    const { inputs, joins } = application.planned;
    if (application.phase === 'open' || !inputs.every(({ set }) => this.#state(set).complete)) return;
    const partitioned = partition(inputs, joins, inputs.map(({ set }) => this.#state(set).whole()));
    if (partitioned.runs > MAX_RUNS_PER_APPLICATION) return this.#failRuns(application.planned.callee, partitioned.runs);
    application.openWhole(partitioned);
    this.#settle(application);
  }

  #advanceStream(application: ApplicationState, streamed: number): void {
    const { inputs } = application.planned;
    if (application.phase !== 'open') {
      if (!inputs.every(({ set }, index) => index === streamed || this.#state(set).complete)) return;
      if (this.#isSkipped(application, streamed)) return this.#skip(application);
      this.#openStream(application);
    }
    if (this.#state(inputs[streamed]?.set ?? 0).complete) application.endSource();
    this.#settle(application);
  }

  #openStream(application: ApplicationState): void {
    const { inputs, streamed } = application.planned;
    const waiting = application.openStream(inputs.map(({ set }, index) => (index === streamed ? [] : this.#state(set).whole())));
    for (const part of waiting) this.#meter.enter(part);
  }

  /** A set beside the streamed one is empty, and not optional. */
  #isSkipped(application: ApplicationState, streamed: number): boolean {
    return application.planned.inputs.some(({ set, optional }, index) => index !== streamed && !optional && this.#state(set).items === 0);
  }

  #skip(application: ApplicationState): void {
    application.phase = 'open';
    this.#complete(application);
  }

  #endIfComplete(): void {
    if (this.#ended || this.#open > 0) return;
    const { graph } = this.plan;
    this.#end({ kind: 'done', outputs: graph.outputs.map((set) => ({ name: defined(graph.sets[set], 'name of an output'), items: this.#outlet === null ? this.#state(set).whole() : [] })) });
  }

  #end(result: InvocationResult): void {
    assert(!this.#ended, 'an invocation ends twice');
    this.#ended = true;
    this.#live.bytes -= this.#liveBytes;
    this.#onEnd(result);
  }
}

/** Where outputs come from a segment: readers of the same unit that ran there have had them. */
interface Fused {
  readonly unit: Unit;
  readonly ran: readonly boolean[];
}

function ranWith(fused: Fused | null, reader: number): boolean {
  if (fused === null) return false;
  const step = fused.unit.applications.indexOf(reader);
  return step >= 0 && fused.ran[step] === true;
}

const bytesOf = (items: readonly Item[]): number => items.reduce((sum, item) => sum + bytesOfItem(item), 0);

/** Streamed readers, and a sink, get the parts themselves; all others need the set whole. */
function isKept({ applications, readers, isOutput }: Plan, set: number, leaves: boolean): boolean {
  if (isOutput[set] === true && !leaves) return true;
  return (readers[set] ?? []).some((reader) => {
    const { streamed, inputs } = applications[reader] as PlannedApplication;
    return streamed === null || inputs.some((input, index) => index !== streamed && input.set === set);
  });
}
