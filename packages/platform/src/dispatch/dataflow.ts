/**
 * One run of a composition: which of its runs may start, and where their results go. Nothing here waits. `pull` gives the
 * next run, those next to the outputs first; `settle` takes its result, hands items on to whoever takes them as they come,
 * and opens what now has all its sets. Sets are dropped when their last reader is done.
 */
import { assert, defined } from '@pappus/core';
import { ApplicationState, inputSets, type Batch, type NextRun, type Place } from './application-state.ts';
import { NO_ITEMS, type Items } from './key-join.ts';
import type { LaneKind } from './lane.ts';
import { MAX_CHILDREN, STREAM_WINDOW } from './limits.ts';
import { partition } from './partition.ts';
import type { Callee, ComputeCallee, FusedSegment, GraphPlan } from './plan.ts';
import { RunSequence, type RunOutputs } from './run-sequence.ts';
import { RunTask, type TaskOutputs, type TaskRunner } from './run-task.ts';
import { bytesOf, SetStore } from './set-store.ts';

/** The invocation around a dataflow and those nested in it. */
export interface DataflowHost extends TaskRunner {
  /** Runs that are worth having at once, where the platform chooses. */
  parallelism(lane: LaneKind): number;
  nowMs(): number;
  /** Runs that could start: more, or fewer. */
  addWaiting(lane: LaneKind, runs: number): void;
  /** Bytes of intermediate sets: more, or fewer. */
  addBytes(bytes: number): void;
  addItems(set: string, items: number): void;
  /** Places of functions with a limit of their own. */
  acquire(functions: readonly ComputeCallee[]): boolean;
}

export interface DataflowOptions {
  readonly host: DataflowHost;
  readonly plan: GraphPlan;
  readonly inputs: readonly Items[];
  /** Names the applications of a nested composition: `outer.`. */
  readonly prefix: string;
  /** Takes the items of an output as they become final, in place of keeping them. */
  readonly deliver: ((output: number, items: Items) => void) | null;
  readonly done: (outputs: readonly Items[]) => void;
}

export class Dataflow {
  readonly prefix: string;
  readonly #host: DataflowHost;
  readonly #plan: GraphPlan;
  readonly #states: readonly ApplicationState[];
  readonly #sets: SetStore;
  readonly #done: (outputs: readonly Items[]) => void;
  readonly #children = new Map<ApplicationState, Set<Dataflow>>();
  /** Applications whose last missing set has come. */
  readonly #ready: ApplicationState[] = [];
  #open: number;

  constructor({ host, plan, inputs, prefix, deliver, done }: DataflowOptions) {
    this.prefix = prefix;
    this.#host = host;
    this.#plan = plan;
    this.#done = done;
    this.#sets = new SetStore(plan, inputs, host, deliver);
    this.#states = plan.applications.map((application) => new ApplicationState(application));
    this.#open = this.#states.length;
  }

  start(): void {
    for (const set of this.#plan.sets.slice(this.#plan.inputs)) for (const reader of set.wholeReaders) this.#state(reader).missing += 1;
    for (const state of this.#states) if (state.missing === 0) this.#ready.push(state);
    if (this.#open === 0) this.#end();
    else this.#openReady();
  }

  calleeOf(application: number): Callee {
    return this.#state(application).plan.callee;
  }

  /** The next run to start on this lane, or null. */
  pull(lane: LaneKind): RunTask | null {
    for (const index of this.#plan.order) {
      const state = this.#state(index);
      const task = state.plan.callee.kind === 'composition' ? this.#pullNested(state, lane) : this.#pullRun(state, lane);
      if (task !== null) return task;
    }
    return null;
  }

  /** The result of a task that `pull` gave: by application of its segment, the outputs, or null for what was not run. */
  settle(task: RunTask, outputs: TaskOutputs): void {
    const { state, place, fused } = task;
    const [made] = outputs;
    state.running -= 1;
    if (fused !== null && fused.applications.length > 1) this.#settleSegment(fused, place, outputs);
    else this.#settleRun(state, place, made ?? [], NONE, NO_PLACES);
    this.#finishRun(task.batch);
    this.#openReady();
  }

  #settleSegment({ applications }: FusedSegment, headPlace: Place, outputs: TaskOutputs): void {
    const ran = new Set(applications.filter((_, step) => outputs[step] !== null));
    const places = new Map<number, Place>([[applications[0] ?? 0, headPlace]]);
    for (const [step, index] of applications.entries()) {
      const member = this.#state(index);
      const made = outputs[step] ?? null;
      if (made === null) this.#unclaim(member);
      else this.#settleRun(member, places.get(index) ?? { sequence: this.#grow(member, 1), place: 0 }, made, ran, places);
    }
  }

  #pullRun(state: ApplicationState, lane: LaneKind): RunTask | null {
    const { callee } = state.plan;
    if (state.pending === 0 || laneOf(callee) !== lane || this.#isPaused(state)) return null;
    const alone = state.plan.streamed === null && state.partition?.runs === 1;
    const fused = alone ? state.plan.single : state.plan.spread;
    if (fused !== null && !this.#host.acquire(fused.functions)) return null;
    this.#host.addWaiting(lane, -1);
    const run = this.#next(state);
    if (alone && fused !== null) this.#claim(fused.applications);
    return new RunTask({ runner: this.#host, dataflow: this, state, batch: run.batch, place: run, inputs: inputSets(callee, state.plan, run.inputs), fused, run: state.startedRuns - 1 });
  }

  /** Followers that have no other sets than those of the segment would else begin a second time. */
  #claim(applications: readonly number[]): void {
    for (const index of applications.slice(1)) {
      const state = this.#state(index);
      if (state.plan.streamed !== null) continue;
      assert(state.phase === 'waiting', `application ${index} is ${state.phase}`);
      state.phase = 'claimed';
    }
  }

  #unclaim(state: ApplicationState): void {
    if (state.phase !== 'claimed') return;
    state.phase = 'waiting';
    if (state.missing === 0) this.#ready.push(state);
  }

  /** More of what nobody takes would only fill the memory. */
  #isPaused({ plan, running }: ApplicationState): boolean {
    return plan.pausable && plan.streamReaders.some(({ application }) => this.#state(application).pending + running >= STREAM_WINDOW);
  }

  #next(state: ApplicationState): NextRun {
    return state.next((sequence, place, length) => this.#branch(state, sequence, place, length));
  }

  #pullNested(state: ApplicationState, lane: LaneKind): RunTask | null {
    for (const child of this.#children.get(state) ?? []) {
      const task = child.pull(lane);
      if (task !== null) return task;
    }
    while (state.pending > 0 && (this.#children.get(state)?.size ?? 0) < MAX_CHILDREN && !this.#isPaused(state)) {
      const task = this.#startChild(state).pull(lane);
      if (task !== null) return task;
    }
    return null;
  }

  #startChild(state: ApplicationState): Dataflow {
    const { callee } = state.plan;
    assert(callee.kind === 'composition' && callee.plan.kind === 'graph', `${callee.name} is no composition`);
    const run = this.#next(state);
    const children = this.#children.get(state) ?? new Set();
    this.#children.set(state, children);
    const child = new Dataflow({
      host: this.#host,
      plan: callee.plan,
      inputs: inputSets(callee, state.plan, run.inputs).map(({ items }) => items),
      prefix: `${this.prefix}${state.plan.index}.`,
      deliver: null,
      done: (outputs) => {
        children.delete(child);
        state.running -= 1;
        this.#settleRun(state, run, outputs, NONE, NO_PLACES);
        this.#finishRun(run.batch);
        this.#openReady();
      },
    });
    children.add(child);
    child.start();
    return child;
  }

  #openReady(): void {
    for (let state = this.#ready.pop(); state !== undefined; state = this.#ready.pop()) if (state.phase === 'waiting') this.#openRuns(state);
  }

  /** Everything that has to be whole is. */
  #openRuns(state: ApplicationState): void {
    const { plan } = state;
    const sets = plan.inputs.map(({ set }, input) => (plan.streamed?.input === input ? NO_ITEMS : this.#sets.items(set)));
    state.partition = partition(plan.shape, sets, this.#host.parallelism(laneOf(plan.callee)));
    state.phase = 'open';
    if (plan.streamed !== null) {
      const { batches } = state;
      state.clear();
      for (const batch of batches) this.#activate(state, batch);
      return;
    }
    const { runs } = state.partition;
    const sequence = this.#grow(state, runs);
    if (runs > 0) this.#activate(state, { sequence, streamed: null, bytes: 0, readyMs: this.#host.nowMs(), started: 0, finished: 0, perPlace: 1, branch: null });
    else this.#advanceAll(state);
  }

  #activate(state: ApplicationState, batch: Batch): void {
    if (batch.streamed !== null) batch.perPlace = state.partition?.runs ?? 0;
    const { length } = batch.sequence;
    if (batch.perPlace === 0) {
      this.#host.addBytes(-batch.bytes);
      for (let place = 0; place < length; place++) this.#settleNothing(state, { sequence: batch.sequence, place });
      return;
    }
    const runs = length * batch.perPlace;
    state.push(batch);
    state.pending += runs;
    if (state.plan.callee.kind !== 'composition') this.#host.addWaiting(laneOf(state.plan.callee), runs);
  }

  #finishRun(batch: Batch): void {
    batch.finished += 1;
    if (batch.finished === batch.sequence.length * batch.perPlace) this.#host.addBytes(-batch.bytes);
  }

  /** `ran` are applications whose results come with this one's; `places` learns where these belong. */
  #settleRun(state: ApplicationState, { sequence, place }: Place, outputs: RunOutputs, ran: ReadonlySet<number>, places: Pick<Map<number, Place>, 'set'>): void {
    const kept = this.#sets.arrive(state.plan.outputs, outputs);
    if (kept === null) sequence.putNothing(place);
    else sequence.put(place, kept);
    for (const [index, { application, output }] of state.plan.streamReaders.entries()) {
      const target: Place = { sequence: sequence.mirror(index), place };
      if (ran.has(application)) places.set(application, target);
      else this.#hand(this.#state(application), target, outputs[output] ?? NO_ITEMS, state.plan.outputs[output] ?? -1);
    }
    this.#advance(state);
  }

  /** Items that begin runs before their set is whole. */
  #hand(reader: ApplicationState, { sequence, place }: Place, items: Items, set: number): void {
    if (items.length === 0) return this.#settleNothing(reader, { sequence, place });
    const grouped = reader.plan.streamed?.grouped === true;
    const portions = sequence.length === 1 ? this.#host.parallelism(laneOf(reader.plan.callee)) : 1;
    const branch = this.#branch(reader, sequence, place, grouped ? Math.min(items.length, portions) : items.length);
    const bytes = this.#sets.isKept(set) ? 0 : bytesOf(items);
    this.#host.addBytes(bytes);
    const batch: Batch = { sequence: branch, streamed: items, bytes, readyMs: this.#host.nowMs(), started: 0, finished: 0, perPlace: 1, branch: null };
    if (reader.phase === 'open') this.#activate(reader, batch);
    else reader.push(batch);
  }

  /** No run, hence nothing for those who take its items either. */
  #settleNothing(state: ApplicationState, { sequence, place }: Place): void {
    sequence.putNothing(place);
    for (const [index, { application }] of state.plan.streamReaders.entries()) this.#settleNothing(this.#state(application), { sequence: sequence.mirror(index), place });
    this.#advance(state);
  }

  /** The sequence of all runs, and those of its stream readers with it. */
  #grow(state: ApplicationState, length: number): RunSequence {
    state.sequence = new RunSequence(length, state.plan.streamReaders.map(({ application }) => this.#grow(this.#state(application), length)));
    return state.sequence;
  }

  #branch(state: ApplicationState, sequence: RunSequence, place: number, length: number): RunSequence {
    const branch = new RunSequence(length, state.plan.streamReaders.map(({ application }, reader) => this.#branch(this.#state(application), sequence.mirror(reader), place, length)));
    sequence.putBranch(place, branch);
    return branch;
  }

  #advanceAll(state: ApplicationState): void {
    for (const { application } of state.plan.streamReaders) this.#advanceAll(this.#state(application));
    this.#advance(state);
  }

  /** Results that are next in order become final. */
  #advance(state: ApplicationState): void {
    if (state.phase === 'done' || state.sequence === null) return;
    const { outputs, inputs, streamed } = state.plan;
    if (!state.sequence.take((made) => this.#sets.append(outputs, made))) return;
    state.phase = 'done';
    inputs.forEach(({ set }, input) => streamed?.input !== input && this.#sets.readBy(set));
    for (const set of outputs) if (set !== null) this.#complete(set);
    this.#open -= 1;
    if (this.#open === 0) this.#end();
  }

  #complete(set: number): void {
    for (const reader of this.#plan.sets[set]?.wholeReaders ?? []) {
      const state = this.#state(reader);
      state.missing -= 1;
      if (state.missing === 0 && state.phase === 'waiting') this.#ready.push(state);
    }
  }

  #end(): void {
    this.#done(this.#plan.outputs.map((set) => this.#sets.items(set)));
    this.#sets.dropOutputs();
  }

  #state(index: number): ApplicationState {
    return defined(this.#states[index], `application ${index}`);
  }
}

const NONE: ReadonlySet<number> = new Set();
const NO_PLACES: Map<number, Place> = new Map();

export function laneOf(callee: Callee): LaneKind {
  return callee.kind === 'io' ? 'io' : 'compute';
}
