/** Makes plans: of a composition, once its names are resolved, or of a function alone. */
import type { CompositionGraph, InputBinding, JoinStep, Signature } from '@pappus/composition';
import { assert } from '@pappus/core';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { Callee, Plan, PlannedApplication } from './plan.ts';
import { cutSegments } from './segments.ts';

export type Resolve = (callee: string) => Callee;

export function planGraph(graph: CompositionGraph, resolve: Resolve): Plan {
  const applications = graph.applications.map((application, index): PlannedApplication => {
    const callee = resolve(application.callee);
    return { index, callee, signature: signatureOfCallee(callee), inputs: application.inputs, outputs: application.outputs, joins: application.joins, streamed: streamedInput(application.inputs, application.joins) };
  });
  const producers = graph.sets.map((_, set) => applications.find(({ outputs }) => outputs.includes(set))?.index ?? null);
  const readers = graph.sets.map((_, set) => applications.filter(({ inputs }) => inputs.some((input) => input.set === set)).map(({ index }) => index));
  const isOutput = graph.sets.map((_, set) => graph.outputs.includes(set));
  const { units, headOf } = cutSegments(applications, readers, isOutput);
  return { name: graph.name, graph, applications, producers, readers, isOutput, units, headOf, alone: false };
}

/** A function alone, as a composition of one application. */
export function planFunction(name: string, hash: FunctionHash, spec: FunctionSpec): Plan {
  const { inputs, outputs } = spec;
  const graph: CompositionGraph = {
    name,
    sets: [...inputs, ...outputs],
    inputs: inputs.length,
    outputs: outputs.map((_, index) => inputs.length + index),
    applications: [{
      callee: name,
      inputs: inputs.map((parameter, set) => ({ parameter, position: set, set, distribution: 'all', optional: true })),
      outputs: outputs.map((_, index) => inputs.length + index),
      joins: [],
    }],
  };
  return { ...planGraph(graph, () => ({ kind: 'compute', name, hash, spec })), alone: true };
}

function signatureOfCallee(callee: Callee): Signature {
  switch (callee.kind) {
    case 'compute':
      return callee.spec;
    case 'io':
      return callee.io.signature;
    case 'composition': {
      const { sets, inputs, outputs } = callee.plan.graph;
      return { inputs: sets.slice(0, inputs), outputs: outputs.map((set) => sets[set] ?? '') };
    }
  }
}

/** One `each` beside whole sets flows; joins and products of several partitioned sets need them complete. */
function streamedInput(inputs: readonly InputBinding[], joins: readonly JoinStep[]): number | null {
  const partitioned = inputs.flatMap(({ distribution }, index) => (distribution === 'all' ? [] : [index]));
  const [only] = partitioned;
  if (joins.length > 0 || only === undefined || partitioned.length > 1 || inputs[only]?.distribution !== 'each') return null;
  const others = inputs.filter((_, index) => index !== only);
  assert(others.every(({ distribution }) => distribution === 'all'), 'a streamed input beside partitioned ones');
  return only;
}
