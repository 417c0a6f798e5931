/** The plain meaning of a composition, on functions that hash their inputs: an oracle for what rewrites graphs. Without `by`. */
import { assert, seededRandom, randomInt } from '@pappus/core';
import type { Application, CompositionGraph, Distribution, InputBinding, Signature } from '../graph.ts';

interface Item {
  readonly key: number;
  readonly value: string;
}
type Items = readonly Item[];

export interface World {
  readonly graphs: ReadonlyMap<string, CompositionGraph>;
  readonly functions: ReadonlyMap<string, Signature>;
}

/** Every run of a function adds a line to `runs`: what runs is part of the meaning, since functions may do I/O. */
export function evaluate(graph: CompositionGraph, inputs: readonly Items[], world: World, runs: string[]): readonly Items[] {
  const sets: Items[] = graph.sets.map((_, index) => inputs[index] ?? []);
  for (const application of graph.applications) {
    const outputs = apply(application, sets, world, runs);
    for (const [position, set] of application.outputs.entries()) if (set !== null) sets[set] = outputs[position] ?? [];
  }
  return graph.outputs.map((set) => sets[set] ?? []);
}

function apply({ callee, inputs, outputs, joins }: Application, sets: readonly Items[], world: World, runs: string[]): readonly Items[] {
  assert(joins.length === 0, 'the oracle knows no by');
  const filled: Item[][] = outputs.map(() => []);
  if (inputs.some(({ set, optional }) => !optional && sets[set]?.length === 0)) return filled;
  for (const run of product(inputs, sets)) {
    const results = call(callee, run, world, runs);
    for (const [position, items] of results.entries()) filled[position]?.push(...items);
  }
  return filled;
}

/** The inputs of each run, by position. */
function product(inputs: readonly InputBinding[], sets: readonly Items[]): readonly (readonly Items[])[] {
  return inputs.reduce<readonly (readonly Items[])[]>(
    (found, { set, position, distribution }) => found.flatMap((run) => parts(sets[set] ?? [], distribution).map((part) => withPart(run, position, part))),
    [[]],
  );
}

function withPart(run: readonly Items[], position: number, part: Items): readonly Items[] {
  const next = [...run];
  while (next.length <= position) next.push([]);
  next[position] = part;
  return next;
}

function parts(items: Items, distribution: Distribution): readonly Items[] {
  if (items.length === 0) return [[]];
  switch (distribution) {
    case 'all':
      return [items];
    case 'each':
    case 'anyEach':
      return items.map((item) => [item]);
    case 'keyed':
    case 'anyKeyed':
      return [...Map.groupBy(items, ({ key }) => key).values()];
  }
}

function call(callee: string, inputs: readonly Items[], world: World, runs: string[]): readonly Items[] {
  const graph = world.graphs.get(callee);
  if (graph !== undefined) return evaluate(graph, inputs, world, runs);
  const signature = world.functions.get(callee);
  assert(signature !== undefined, `no function ${callee}`);
  const run = `${callee}(${signature.inputs.map((_, position) => canonical(inputs[position] ?? [])).join(';')})`;
  runs.push(run);
  const random = seededRandom(hash(run));
  return signature.outputs.map((output) => Array.from({ length: randomInt(random, 0, 2) }, (_, index) => ({ key: randomInt(random, 0, 2), value: `${output}${index}:${hash(run).toString(36)}` })));
}

/** Sets have no order. */
export const canonical = (items: Items): string => items.map(({ key, value }) => `${key}=${value}`).toSorted().join(',');

/** FNV-1a. */
function hash(text: string): number {
  let state = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x0100_0193);
  return state >>> 0;
}
