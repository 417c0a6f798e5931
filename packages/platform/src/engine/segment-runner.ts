/**
 * Runs the steps of a segment one after the other on this thread. Pure but for the sandboxes: it sees no channel, and
 * its time is the clock's.
 */
import type { Clock } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import { beginningOf, textBytes } from '../sandbox/run-log.ts';
import type { RunFailure, RunLog, RunOutcome, RunTimer, Sandbox } from '../sandbox/sandbox.ts';
import type { Item, ItemSet, Sets } from '../sets/item.ts';
import type { RunSpan, SegmentInput, StepLog } from './compute-engine.ts';
import { MAX_FAN_OUT, MAX_SEGMENT_BYTES, MAX_SEGMENT_LOG_BYTES } from './limits.ts';
import type { ThreadResult } from './outcome.ts';
import type { ProgramStep, SegmentProgram } from './segment-program.ts';

export interface OpenFunction {
  readonly sandbox: Sandbox;
  readonly spec: FunctionSpec;
}

export interface SegmentWork {
  readonly program: SegmentProgram;
  /** The function of each step. */
  readonly functions: readonly OpenFunction[];
  readonly inputs: Sets;
  readonly stdio: ItemSet | null;
  readonly traced: boolean;
  /** Output bytes may lie in the memory of guests, until `settle`. */
  readonly lends: boolean;
}

/** Told before each run, so that somebody else can watch its time. */
export type RunWatch = (step: number, limitMs: number) => void;

export class SegmentRunner {
  readonly #clock: Clock;
  readonly #watch: RunWatch;

  constructor(clock: Clock, watch: RunWatch) {
    this.#clock = clock;
    this.#watch = watch;
  }

  run(work: SegmentWork): ThreadResult {
    return new SegmentRun(work, this.#clock, this.#watch).toEnd();
  }

  /** What was lent is not looked at any more. */
  settle({ functions, lends }: SegmentWork): void {
    if (lends) for (const { sandbox } of functions) sandbox.settle();
  }
}

/** Where the sets of a step stand: made, or left to the dispatcher with all that depends on them. */
type StepOutputs = Sets | null;

class SegmentRun {
  readonly #work: SegmentWork;
  readonly #clock: Clock;
  readonly #watch: RunWatch;
  readonly #startedMs: number;
  readonly #timer: PhaseTimer | null;
  readonly #outputs: StepOutputs[] = [];
  readonly #spans: RunSpan[] = [];
  readonly #logs: StepLog[] = [];
  #logBytes = 0;
  #madeBytes = 0;

  constructor(work: SegmentWork, clock: Clock, watch: RunWatch) {
    this.#work = work;
    this.#clock = clock;
    this.#watch = watch;
    this.#startedMs = clock.nowMs();
    this.#timer = work.traced ? new PhaseTimer(clock) : null;
  }

  toEnd(): ThreadResult {
    const { steps } = this.#work.program;
    for (let step = 0; step < steps.length; step++) {
      const failure = this.#step(step, steps[step] as ProgramStep);
      if (failure !== null) return { kind: 'failed', step, failure, ...this.#account() };
    }
    const ran = this.#outputs.map((outputs) => outputs !== null);
    return { kind: 'done', outputs: this.#carried(), ran, ...this.#account() };
  }

  #account(): { spans: readonly RunSpan[]; logs: readonly StepLog[]; busyUs: number } {
    const busyUs = (this.#clock.nowMs() - this.#startedMs) * 1e3;
    return { spans: this.#spans, logs: this.#logs, busyUs };
  }

  #step(step: number, { inputs }: ProgramStep): RunFailure | null {
    if (step === 0) return this.#runOnce(step, this.#work.inputs);
    if (inputs.some((input) => this.#outputs[input.step] === null)) return this.#leave();
    const bound = inputs.map((input, index) => this.#bind(step, input, index));
    if (inputs.some((input, index) => !input.optional && isEmpty(bound[index]))) return this.#skip(step);
    const [first] = inputs;
    const [set] = bound;
    if (first?.distribution !== 'each' || set === undefined || set.items.length === 0) return this.#runOnce(step, bound);
    if (set.items.length > Math.min(this.#work.program.fanOut, MAX_FAN_OUT)) return this.#leave();
    return set.items.length === 1 ? this.#runOnce(step, bound) : this.#runEach(step, set);
  }

  /** The set that an input reads, under the name that the function has for it. */
  #bind(step: number, { step: from, output }: SegmentInput, index: number): ItemSet {
    const items = this.#outputs[from]?.[output]?.items ?? [];
    return { name: this.#spec(step).inputs[index] ?? '', items };
  }

  #leave(): null {
    this.#outputs.push(null);
    return null;
  }

  #skip(step: number): null {
    this.#outputs.push(this.#spec(step).outputs.map((name) => ({ name, items: [] })));
    return null;
  }

  #runOnce(step: number, inputs: Sets): RunFailure | null {
    const outcome = this.#run(step, inputs, step === 0 ? this.#work.stdio : null, this.#work.lends && this.#isAlone(step));
    if (outcome.kind === 'failed') return outcome.failure;
    this.#outputs.push(outcome.outputs);
    return this.#weigh(outcome.outputs);
  }

  /** One run per item; the items of each output stand in the order of the runs. */
  #runEach(step: number, set: ItemSet): RunFailure | null {
    const merged: Item[][] = this.#spec(step).outputs.map(() => []);
    for (const item of set.items) {
      const outcome = this.#run(step, [{ name: set.name, items: [item] }], null, false);
      if (outcome.kind === 'failed') return outcome.failure;
      const excess = this.#weigh(outcome.outputs);
      if (excess !== null) return excess;
      for (let output = 0; output < merged.length; output++) append(merged[output] as Item[], outcome.outputs[output]);
    }
    this.#outputs.push(this.#spec(step).outputs.map((name, output) => ({ name, items: merged[output] ?? [] })));
    return null;
  }

  /** No other step runs in its sandbox. */
  #isAlone(step: number): boolean {
    const { functions } = this.#work;
    return functions.every(({ sandbox }, other) => other === step || sandbox !== functions[step]?.sandbox);
  }

  #run(step: number, inputs: Sets, stdio: ItemSet | null, lends: boolean): RunOutcome {
    const { sandbox, spec } = this.#work.functions[step] as OpenFunction;
    const timer = this.#timer;
    this.#watch(step, spec.limits.timeMs);
    timer?.begin();
    const outcome = lends ? sandbox.lend(inputs, stdio, timer ?? undefined) : sandbox.run(inputs, stdio, timer ?? undefined);
    if (timer !== null) this.#spans.push(timer.span(step, this.#startedMs));
    if (outcome.log !== null) this.#keepLog(step, outcome.log);
    return outcome;
  }

  #keepLog(step: number, log: RunLog): void {
    if (textBytes(log) === 0 && log.droppedBytes === 0) return;
    const beginning = beginningOf(log, MAX_SEGMENT_LOG_BYTES - this.#logBytes);
    this.#logBytes += textBytes(beginning);
    this.#logs.push({ step, log: beginning });
  }

  /** Counts what a run made: each run has its own limit, but many runs could fill the memory together. */
  #weigh(outputs: Sets): RunFailure | null {
    for (const { items } of outputs) for (const { name, data } of items) this.#madeBytes += name.length + data.length;
    if (this.#madeBytes <= MAX_SEGMENT_BYTES) return null;
    return { kind: 'limit', limit: 'output-bytes', message: `the runs of this segment made more than ${MAX_SEGMENT_BYTES} bytes together` };
  }

  /** By step and output: the sets that leave the segment, or that a step reads which was left. */
  #carried(): (ItemSet | null)[][] {
    const { steps } = this.#work.program;
    const carried = steps.map(({ exported }, step) => exported.map((leaves, output) => (leaves ? (this.#outputs[step]?.[output] ?? null) : null)));
    steps.forEach(({ inputs }, step) => {
      if (this.#outputs[step] !== null) return;
      for (const { step: from, output } of inputs) {
        const sets = carried[from];
        if (sets !== undefined) sets[output] = this.#outputs[from]?.[output] ?? null;
      }
    });
    return carried;
  }

  #spec(step: number): FunctionSpec {
    return (this.#work.functions[step] as OpenFunction).spec;
  }
}

const isEmpty = (set: ItemSet | undefined): boolean => set === undefined || set.items.length === 0;

function append(items: Item[], set: ItemSet | undefined): void {
  if (set !== undefined) for (const item of set.items) items.push(item);
}

/** The phases of one run after the other. A sandbox that says nothing of them has spent all in computing. */
class PhaseTimer implements RunTimer {
  readonly #clock: Clock;
  #begunMs = 0;
  #computingMs = 0;
  #storingMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#begunMs = this.#clock.nowMs();
    this.#computingMs = this.#begunMs;
    this.#storingMs = 0;
  }

  computing(): void {
    this.#computingMs = this.#clock.nowMs();
  }

  storing(): void {
    this.#storingMs = this.#clock.nowMs();
  }

  span(step: number, startedMs: number): RunSpan {
    const endMs = this.#clock.nowMs();
    const storingMs = this.#storingMs === 0 ? endMs : this.#storingMs;
    return {
      step,
      startedUs: (this.#begunMs - startedMs) * 1e3,
      sandboxUs: (this.#computingMs - this.#begunMs) * 1e3,
      computeUs: (storingMs - this.#computingMs) * 1e3,
      storeUs: (endMs - storingMs) * 1e3,
    };
  }
}
