/** From what the registry says to a plan. */
import { flatten, signatureOf, type Application, type CompositionGraph, type SetIndex } from '@pappus/composition';
import { AppError } from '@pappus/core';
import { isMemoizable } from '../cache/result-key.ts';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { IoFunction } from '../io/io-function.ts';
import { Fusion } from './fusion.ts';
import { MAX_NESTING, MAX_STREAM_DEPTH } from './limits.ts';
import { leadingEach, partitionShape } from './partition.ts';
import type { Callee, ComputeCallee, FunctionPlan, FusedSegment, GraphPlan, Plan, PlanApplication, PlanSet, StreamReader } from './plan.ts';

/** What a name means now. */
export type Registered =
  | { readonly kind: 'function'; readonly name: string; readonly hash: FunctionHash; readonly spec: FunctionSpec }
  | { readonly kind: 'composition'; readonly name: string; readonly hash: FunctionHash; readonly graph: CompositionGraph };

export interface PlanSource {
  /** Changes whenever a name could mean something else. */
  readonly revision: number;
  /** Throws `not-found` and the like. */
  resolve(reference: string): Registered;
}

export type IoLookup = (name: string) => IoFunction | null;

export class PlanCompiler {
  readonly #source: PlanSource;
  readonly #io: IoLookup;

  constructor(source: PlanSource, io: IoLookup) {
    this.#source = source;
    this.#io = io;
  }

  compile(reference: string): Plan {
    const io = this.#io(reference);
    if (io !== null) return graphPlan(graphOfIo(io), [{ kind: 'io', name: io.name, function: io }]);
    const found = this.#source.resolve(reference);
    return found.kind === 'function' ? functionPlan(computeCallee(found)) : this.#graph(found.graph, { above: [], done: new Map() });
  }

  #graph(graph: CompositionGraph, { above, done }: Surroundings): GraphPlan {
    const known = done.get(graph);
    if (known !== undefined) return known;
    if (above.includes(graph)) throw new AppError('invalid-argument', `compositions call each other in a circle: ${[...above, graph].map(({ name }) => name).join(' → ')}`);
    if (above.length >= MAX_NESTING) throw new AppError('invalid-argument', `compositions nest more than ${MAX_NESTING} deep: ${above[0]?.name ?? ''}`);
    const flat = flatten(graph, (callee) => this.#compositionOf(callee));
    const callees = flat.applications.map((application) => this.#callee(application, { above: [...above, graph], done }));
    flat.applications.forEach((application, index) => checkFit(flat.name, application, callees[index] as Callee));
    const plan = graphPlan(flat, callees);
    done.set(graph, plan);
    return plan;
  }

  #compositionOf(callee: string): CompositionGraph | null {
    if (this.#io(callee) !== null) return null;
    const found = this.#source.resolve(callee);
    return found.kind === 'composition' ? found.graph : null;
  }

  #callee({ callee }: Application, surroundings: Surroundings): Callee {
    const io = this.#io(callee);
    if (io !== null) return { kind: 'io', name: callee, function: io };
    const found = this.#source.resolve(callee);
    if (found.kind === 'function') return computeCallee(found);
    return { kind: 'composition', name: callee, plan: this.#graph(found.graph, surroundings) };
  }
}

interface Surroundings {
  /** The compositions around this one, the outermost first. */
  readonly above: readonly CompositionGraph[];
  readonly done: Map<CompositionGraph, GraphPlan>;
}

const computeCallee = ({ name, hash, spec }: Extract<Registered, { readonly kind: 'function' }>): ComputeCallee => ({ kind: 'compute', name, hash, spec, memoized: isMemoizable(spec) });

function functionPlan(callee: ComputeCallee): FunctionPlan {
  const { name, hash, spec } = callee;
  const segment: FusedSegment = {
    segment: { steps: [{ function: hash, inputs: [], exported: spec.outputs.map(() => true) }], fanOut: 1 },
    applications: [0],
    functions: [callee],
  };
  return { kind: 'function', name, signature: { inputs: spec.inputs, outputs: spec.outputs }, callee, segment };
}

/** An I/O function that is invoked directly runs once for each item, or once where that would be a product. */
function graphOfIo({ name, signature: { inputs, outputs } }: IoFunction): CompositionGraph {
  const distribution = inputs.length === 1 ? 'each' : 'all';
  const application: Application = {
    callee: name,
    inputs: inputs.map((parameter, set) => ({ parameter, position: set, set, distribution, optional: false })),
    outputs: outputs.map((_, output) => inputs.length + output),
    joins: [],
  };
  return { name, sets: [...inputs, ...outputs], inputs: inputs.length, outputs: outputs.map((_, output) => inputs.length + output), applications: [application] };
}

function signatureOfCallee(callee: Callee): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
  switch (callee.kind) {
    case 'compute':
      return callee.spec;
    case 'io':
      return callee.function.signature;
    case 'composition':
      return callee.plan.signature;
  }
}

/** Deployment has checked it; the callee may have been deployed anew since. */
function checkFit(caller: string, { callee: name, inputs, outputs }: Application, callee: Callee): void {
  const signature = signatureOfCallee(callee);
  const needed = inputs.reduce((most, { position }) => Math.max(most, position + 1), 0);
  if (needed <= signature.inputs.length && outputs.length === signature.outputs.length) return;
  throw new AppError('invalid-argument', `${caller} calls ${name} with ${needed} inputs and ${outputs.length} outputs, but it has ${signature.inputs.length} and ${signature.outputs.length}`, {
    hint: `Deploy ${caller} again, in agreement with ${name} as it is now.`,
  });
}

function graphPlan(graph: CompositionGraph, callees: readonly Callee[]): GraphPlan {
  const { name, applications, inputs, outputs } = graph;
  const produced = new Map<SetIndex, { readonly application: number; readonly output: number }>();
  applications.forEach((application, index) => application.outputs.forEach((set, output) => set !== null && produced.set(set, { application: index, output })));
  const streams = streamedInputs(graph, produced);
  const readers = readersOf(graph);
  const wholeReaders = wholeReadersOf(graph, streams);
  const fusion = new Fusion(graph, callees, streams, readers);
  const sets = graph.sets.map((set, index): PlanSet => ({ name: set, wholeReaders: wholeReaders[index] ?? [], isOutput: outputs.includes(index) }));
  const streamReaders = streamReadersOf(graph, streams, produced);
  const plans = applications.map((application, index): PlanApplication => {
    const streamed = streams[index] ?? null;
    return {
      index,
      callee: callees[index] as Callee,
      inputs: application.inputs.map(({ set, position }) => ({ set, position })),
      outputs: application.outputs,
      streamed,
      shape: partitionShape(application, streamed?.input ?? null),
      streamReaders: streamReaders[index] ?? [],
      pausable: isPausable(graph, application, streamReaders[index] ?? [], sets),
      single: fusion.segmentOf(index, 'single'),
      spread: fusion.segmentOf(index, 'spread'),
    };
  });
  return { kind: 'graph', name, signature: signatureOf(graph), applications: plans, sets, inputs, outputs, order: byDistance(graph, readers) };
}

type Produced = ReadonlyMap<SetIndex, { readonly application: number; readonly output: number }>;

/** Not for ever longer chains: what happens at one end is told to the other by calls within calls. */
function streamedInputs({ applications }: CompositionGraph, produced: Produced): readonly PlanApplication['streamed'][] {
  const depths: number[] = [];
  return applications.map((application, index) => {
    const streamed = streamedInput(application, produced);
    const source = streamed === null ? undefined : produced.get(application.inputs[streamed.input]?.set ?? -1);
    const depth = source === undefined ? 0 : (depths[source.application] ?? 0) + 1;
    depths[index] = depth > MAX_STREAM_DEPTH ? 0 : depth;
    return depth > MAX_STREAM_DEPTH ? null : streamed;
  });
}

/** The outermost dimension, if another application makes it: its runs can begin with the first item. */
function streamedInput({ inputs, joins }: Application, produced: Produced): PlanApplication['streamed'] {
  const leading = leadingEach(inputs);
  if (leading >= 0) return produced.has(inputs[leading]?.set ?? -1) ? { input: leading, grouped: false } : null;
  const [only] = inputs;
  const grouped = inputs.length === 1 && joins.length === 0 && only?.distribution === 'anyEach' && !only.optional && produced.has(only.set);
  return grouped ? { input: 0, grouped } : null;
}

function readersOf({ applications, sets }: CompositionGraph): readonly (readonly number[])[] {
  const readers = sets.map((): number[] => []);
  applications.forEach(({ inputs }, index) => inputs.forEach(({ set }) => void readers[set]?.push(index)));
  return readers;
}

function wholeReadersOf({ applications, sets }: CompositionGraph, streams: readonly PlanApplication['streamed'][]): readonly (readonly number[])[] {
  const readers = sets.map((): number[] => []);
  applications.forEach(({ inputs }, index) => inputs.forEach(({ set }, input) => streams[index]?.input !== input && readers[set]?.push(index)));
  return readers;
}

function streamReadersOf({ applications }: CompositionGraph, streams: readonly PlanApplication['streamed'][], produced: Produced): readonly (readonly StreamReader[])[] {
  const readers = applications.map((): StreamReader[] => []);
  applications.forEach(({ inputs }, index) => {
    const stream = streams[index] ?? null;
    const source = stream === null ? undefined : produced.get(inputs[stream.input]?.set ?? -1);
    if (source !== undefined) readers[source.application]?.push({ output: source.output, application: index });
  });
  return readers;
}

/** Its readers must be able to go on without what is held back: they read nothing else but what is there from the start. */
function isPausable(graph: CompositionGraph, { outputs }: Application, readers: readonly StreamReader[], sets: readonly PlanSet[]): boolean {
  const needsNoWhole = outputs.every((set) => set === null || (sets[set]?.wholeReaders.length === 0 && !sets[set].isOutput));
  const goesOn = ({ application, output }: StreamReader): boolean => graph.applications[application]?.inputs.every(({ set }) => set < graph.inputs || set === outputs[output]) === true;
  return readers.length > 0 && needsNoWhole && readers.every(goesOn);
}

/** Those from which the way to the end is shortest come first; among equals, those that stand later. */
function byDistance({ applications }: CompositionGraph, readers: readonly (readonly number[])[]): readonly number[] {
  const distances = applications.map(() => 0);
  for (let index = applications.length - 1; index >= 0; index--) {
    const next = applications[index]?.outputs.flatMap((set) => (set === null ? [] : (readers[set] ?? []))) ?? [];
    distances[index] = next.reduce((most, reader) => Math.max(most, (distances[reader] ?? 0) + 1), 0);
  }
  return applications.map((_, index) => index).sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || b - a);
}
