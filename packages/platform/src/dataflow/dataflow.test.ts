/** Random compositions on an engine that answers in random order, against the plain meaning of the language. */
import { defined, seededRandom, silentLogger, systemClock } from '@pappus/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ComputeEngine } from '../engine/compute-engine.ts';
import type { Item } from '../sets/item.ts';
import { Dispatcher } from './dispatcher.ts';
import type { FlowLimits } from './flow.ts';
import { planGraph } from './plan-graph.ts';
import { evaluate } from './testing/barrier-oracle.ts';
import { ClosureEngine } from './testing/closure-engine.ts';
import { randomComposition, randomSets } from './testing/random-composition.ts';
import { Trickle } from './testing/trickle.ts';

const shown = (sets: readonly (readonly Item[])[]): string[][] => sets.map((items) => items.map(({ name, key, data }) => `${name}#${key}#${data.length}`).toSorted());

it('gives what one application after the other gives, whatever comes first', async () => {
  await fc.assert(fc.asyncProperty(randomComposition, randomSets, fc.nat(1e9), async ({ graph, functions }, sets, seed) => {
    const closures = new Map([...functions].map(([name, { closure }]) => [name, closure]));
    let runs = 0;
    const counted = new Map([...functions].map(([name, { spec, closure }]) => [name, { spec, closure: (inputs: readonly (readonly Item[])[]) => (runs++, closure(inputs)) }]));
    const expected = evaluate(graph, sets, closures);
    fc.pre(expected !== null);
    const engine = new ClosureEngine(counted, seededRandom(seed));
    const dispatcher = new Dispatcher({ engine: engine as unknown as ComputeEngine, clock: systemClock, random: seededRandom(seed), logger: silentLogger, cache: null });
    const plan = planGraph(graph, (name) => ({ kind: 'compute', name, hash: name, spec: defined(functions.get(name), name).spec }));
    const { result } = await dispatcher.invoke({ plan, inputs: sets.map((items, index) => ({ name: `in${index}`, items })), timeoutMs: 2_000 });
    expect(result.kind).toBe('done');
    if (result.kind === 'done') expect(shown(result.outputs.map(({ items }) => items))).toEqual(shown(expected.outputs));
    expect(runs).toBe(expected.runs);
    expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
    const again = await dispatcher.invoke({ plan, inputs: sets.map((items, index) => ({ name: `in${index}`, items })), timeoutMs: 2_000 });
    if (result.kind === 'done' && again.result.kind === 'done') expect(again.result.outputs.map(({ items }) => items.map(({ name }) => name))).toEqual(result.outputs.map(({ items }) => items.map(({ name }) => name)));
  }), { numRuns: 300 });
}, 60_000);

const bytes = fc.integer({ min: 0, max: 6 });
const limits: fc.Arbitrary<FlowLimits> = fc.record({ queuedBytes: bytes, flowingBytes: bytes, unsentBytes: bytes });

it('gives the same in the same order where items come and go one by one, and nothing ever waits for itself', async () => {
  let pauses = 0;
  await fc.assert(fc.asyncProperty(randomComposition, randomSets, limits, fc.nat(1e9), async ({ graph, functions }, sets, flow, seed) => {
    const closures = new Map([...functions].map(([name, { closure }]) => [name, closure]));
    fc.pre(evaluate(graph, sets, closures) !== null);
    const plan = planGraph(graph, (name) => ({ kind: 'compute', name, hash: name, spec: defined(functions.get(name), name).spec }));
    const dispatcherOf = (limit?: FlowLimits): Dispatcher => {
      const engine = new ClosureEngine(functions, seededRandom(seed)) as unknown as ComputeEngine;
      return new Dispatcher({ engine, clock: systemClock, random: seededRandom(seed), logger: silentLogger, cache: null, ...(limit === undefined ? {} : { flow: limit }) });
    };
    const { result: whole } = await dispatcherOf().invoke({ plan, inputs: sets.map((items, index) => ({ name: `in${index}`, items })), timeoutMs: 2_000 });
    const client = new Trickle(sets, graph.outputs.length, seededRandom(seed));
    const dispatcher = dispatcherOf(flow);
    const { result } = await dispatcher.invoke({ plan, inputs: [], source: client, sink: client, timeoutMs: 2_000 });
    expect([whole.kind, result]).toMatchObject(['done', { kind: 'done' }]);
    if (whole.kind === 'done') expect(client.outputs.map((items) => items.map(({ name }) => name))).toEqual(whole.outputs.map(({ items }) => items.map(({ name }) => name)));
    expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
    expect(client.needlessBytes).toBe(client.sentBytes);
    pauses += client.pauses;
  }), { numRuns: 300 });
  expect(pauses).toBeGreaterThan(10);
}, 60_000);
