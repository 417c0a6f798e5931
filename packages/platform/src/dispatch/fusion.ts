/**
 * Cuts a plan's pure regions into segments. A follower joins the segment of its head when everything that it reads is
 * made in that segment, and it is clear on the thread what its runs are:
 *
 *   head is the only run of its application: whole sets are there, so `all`; or one input taken item by item
 *   head is one of many runs: only one input taken item by item, since a whole set is on no single thread
 *
 * Functions whose results are kept are not fused: each of their runs has to be looked up, and all outputs are kept.
 */
import type { Application, CompositionGraph, InputBinding } from '@pappus/composition';
import type { Segment, SegmentInput, SegmentStep } from '../engine/compute-engine.ts';
import { MAX_SEGMENT_STEPS, SPREAD_FAN_OUT } from './limits.ts';
import type { Callee, ComputeCallee, FusedSegment, StreamedInput } from './plan.ts';

export type HeadMode = 'single' | 'spread';

/** `any…` inputs that are single and come in portions: the platform's choice is an item, or the portion as it is. */
const isItemwise = ({ distribution }: InputBinding): boolean => distribution === 'each' || distribution === 'anyEach';

export class Fusion {
  readonly #graph: CompositionGraph;
  readonly #callees: readonly Callee[];
  /** By application. */
  readonly #streams: readonly (StreamedInput | null)[];
  /** Applications that read a set, by set. */
  readonly #readers: readonly (readonly number[])[];

  constructor(graph: CompositionGraph, callees: readonly Callee[], streams: readonly (StreamedInput | null)[], readers: readonly (readonly number[])[]) {
    this.#graph = graph;
    this.#callees = callees;
    this.#streams = streams;
    this.#readers = readers;
  }

  segmentOf(head: number, mode: HeadMode): FusedSegment | null {
    if (this.#callees[head]?.kind !== 'compute') return null;
    const members = this.#members(head, mode);
    const made = this.#madeBy(members);
    const steps = members.map((index, step): SegmentStep => ({
      function: this.#compute(index).hash,
      inputs: step === 0 ? [] : this.#application(index).inputs.map((input) => segmentInput(input, made, mode)),
      exported: this.#application(index).outputs.map((set) => this.#compute(index).memoized || (set !== null && this.#leaves(set, members))),
    }));
    const segment: Segment = { steps, fanOut: mode === 'single' ? 1 : SPREAD_FAN_OUT };
    return { segment, applications: members, functions: distinct(members.map((index) => this.#compute(index))) };
  }

  /** The head and its followers, in topological order. */
  #members(head: number, mode: HeadMode): readonly number[] {
    const members = [head];
    if (this.#compute(head).memoized) return members;
    const made = this.#madeBy(members);
    for (let index = head + 1; index < this.#graph.applications.length && members.length < MAX_SEGMENT_STEPS; index++) {
      const application = this.#application(index);
      if (!application.inputs.some(({ set }) => made.has(set)) || !this.#follows(index, application, made, mode)) continue;
      application.outputs.forEach((set, output) => set !== null && made.set(set, { step: members.length, output }));
      members.push(index);
    }
    return members;
  }

  #follows(index: number, { inputs }: Application, made: Made, mode: HeadMode): boolean {
    const callee = this.#callees[index];
    if (callee?.kind !== 'compute' || callee.memoized || inputs.length !== callee.spec.inputs.length) return false;
    if (!inputs.every(({ set, position }, place) => position === place && made.has(set))) return false;
    const [first] = inputs;
    const single = inputs.length === 1 && first !== undefined && isItemwise(first);
    if (mode === 'spread') return single && this.#streams[index] !== null;
    return single || inputs.every(({ distribution }) => distribution === 'all');
  }

  #madeBy(members: readonly number[]): Made {
    const made: Made = new Map();
    members.forEach((index, step) => this.#application(index).outputs.forEach((set, output) => set !== null && made.set(set, { step, output })));
    return made;
  }

  #leaves(set: number, members: readonly number[]): boolean {
    return this.#graph.outputs.includes(set) || (this.#readers[set] ?? []).some((reader) => !members.includes(reader));
  }

  #application(index: number): Application {
    return this.#graph.applications[index] as Application;
  }

  #compute(index: number): ComputeCallee {
    return this.#callees[index] as ComputeCallee;
  }
}

/** By set, where in the segment it is made. */
type Made = Map<number, { readonly step: number; readonly output: number }>;

function segmentInput({ set, distribution, optional }: InputBinding, made: Made, mode: HeadMode): SegmentInput {
  const { step, output } = made.get(set) as { readonly step: number; readonly output: number };
  const whole = distribution === 'all' || (mode === 'spread' && distribution === 'anyEach');
  return { step, output, distribution: whole ? 'all' : 'each', optional };
}

const distinct = (callees: readonly ComputeCallee[]): readonly ComputeCallee[] => [...new Map(callees.map((callee) => [callee.hash, callee])).values()];
