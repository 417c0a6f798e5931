import type { CompositionGraph } from '@pappus/composition';
import { expect, it } from 'vitest';
import { planGraph } from './plan-graph.ts';
import { specOf } from './testing/closure-engine.ts';

const chain: CompositionGraph = {
  name: 'chain',
  sets: ['in', 'between', 'out'],
  inputs: 1,
  outputs: [2],
  applications: ['first', 'second'].map((callee, set) => ({ callee, inputs: [{ parameter: 'in', position: 0, set, distribution: 'all', optional: false }], outputs: [set + 1], joins: [] })),
};

function tasksOf(concurrency: number): number {
  const spec = specOf(['in'], ['out']);
  const limited = { ...spec, limits: { ...spec.limits, concurrency } };
  const { headOf } = planGraph(chain, (name) => ({ kind: 'compute', name, hash: name, spec: name === 'second' ? limited : spec }));
  return new Set(headOf).size;
}

it('a function that may run fewer times at once than there can be threads is a task of its own, so that its runs are counted', () => {
  expect([tasksOf(1), tasksOf(64), tasksOf(255)]).toEqual([2, 2, 2]);
  expect([tasksOf(256), tasksOf(1_024)]).toEqual([1, 1]);
});
