/** Compositions that call compositions, and what an invocation gives back when it can't begin. */
import type { CompositionGraph, InputBinding } from '@pappus/composition';
import { seededRandom } from '@pappus/core';
import { expect, it } from 'vitest';
import type { Sets } from '../sets/item.ts';
import { MAX_LIVE_BYTES, MAX_NESTED_AT_ONCE, MAX_SET_ITEMS } from './limits.ts';
import { planGraph } from './plan-graph.ts';
import type { Callee, Plan, PlannedApplication } from './plan.ts';
import { ClosureEngine, specOf } from './testing/closure-engine.ts';
import { chain, closed, computeOf, dispatcherOf, echo, invoke, items } from './testing/dispatching.ts';
import { HeldEngine } from './testing/held-engine.ts';

const bind = (position: number, set: number, distribution: InputBinding['distribution'], optional = false): InputBinding => ({ parameter: `p${position}`, position, set, distribution, optional });

/** `outer` calls `inner`, which has two inputs, for each of its items, with nothing for the second one. */
function skipping(first: Callee): Plan {
  const spec = specOf(['a', 'b'], ['o']);
  const inner: CompositionGraph = { name: 'inner', sets: ['x', 'y', 'o'], inputs: 2, outputs: [2], applications: [{ callee: 'f', inputs: [bind(0, 0, 'all'), bind(1, 1, 'all')], outputs: [2], joins: [] }] };
  const outer: CompositionGraph = {
    name: 'outer',
    sets: ['in', 'extra', 'many', 'out'],
    inputs: 2,
    outputs: [3],
    applications: [
      { callee: 'first', inputs: [bind(0, 0, 'all')], outputs: [2], joins: [] },
      { callee: 'inner', inputs: [bind(0, 2, 'each'), bind(1, 1, 'all', true)], outputs: [3], joins: [] },
    ],
  };
  const nothing = planGraph(inner, (name) => ({ kind: 'compute', name, hash: name, spec }));
  return planGraph(outer, (name) => (name === 'first' ? first : { kind: 'composition', name, plan: nothing }));
}

it('calls compositions that have nothing to do for thousands of items, at the beginning and later', async () => {
  const functions = new Map([['first', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, null));
  const later = skipping(computeOf(functions)('first'));
  const empty = { name: 'extra', items: [] };
  expect((await dispatcher.invoke({ plan: later, inputs: [{ name: 'in', items: items(20_000) }, empty] })).result).toMatchObject({ kind: 'done', outputs: [{ items: [] }] });
  const [, inner] = later.applications;
  const graph: CompositionGraph = { name: 'at-once', sets: ['in', 'extra', 'out'], inputs: 2, outputs: [2], applications: [{ callee: 'inner', inputs: [bind(0, 0, 'each'), bind(1, 1, 'all', true)], outputs: [2], joins: [] }] };
  const atOnce = planGraph(graph, () => (inner as { callee: Callee }).callee);
  expect((await dispatcher.invoke({ plan: atOnce, inputs: [{ name: 'in', items: items(20_000) }, empty] })).result).toMatchObject({ kind: 'done', outputs: [{ items: [] }] });
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, waiting: 0 });
});

it('gives the place back of an invocation that fails as it begins', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(1)), { maxInvocations: 1 });
  const plan = planGraph(chain('a', 'b'), computeOf(functions));
  const one = items(1)[0];
  const tooMany = await invoke(dispatcher, plan, Array.from({ length: MAX_SET_ITEMS + 1 }, () => one as NonNullable<typeof one>));
  expect(tooMany.result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'set-items' } } });
  expect((await invoke(dispatcher, plan, items(3))).result.kind).toBe('done');
});

it('ends an invocation whose beginning meets a defect, and nobody else', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(1)), { maxInvocations: 1 });
  const plan = planGraph(chain('a', 'b', 'all'), computeOf(functions));
  const without = (what: Partial<PlannedApplication>): Plan => ({ ...plan, applications: plan.applications.map((each) => ({ ...each, streamed: null, ...what })) });
  await expect(invoke(dispatcher, { ...plan, readers: null as never }, items(1))).rejects.toBeInstanceOf(TypeError);
  expect((await invoke(dispatcher, without({ joins: null as never }), items(1))).result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'internal' } } });
  expect((await invoke(dispatcher, without({ outputs: null as never }), items(1))).result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'internal' } } });
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
  expect((await invoke(dispatcher, plan, items(3))).result.kind).toBe('done');
});

it('gets through thousands of invocations whose runs meet a defect as they begin', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(1)));
  const plan = planGraph(chain('a', 'b', 'all'), computeOf(functions));
  const busy = Array.from({ length: 100 }, () => invoke(dispatcher, plan, items(1), 60_000));
  const failed = Array.from({ length: 3_000 }, () => invoke(dispatcher, { ...plan, name: 'broken', units: null as never }, items(1)));
  for (const { result } of await Promise.all(failed)) expect(result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'internal' } } });
  for (const { result } of await Promise.all(busy)) expect(result.kind).toBe('done');
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
}, 20_000);

/** Each level calls the one below for each item of `y`, with all of `y`; the lowest one calls `a`. */
function tower(levels: number, resolve: (name: string) => Callee): Plan {
  const binds = levels === 0 ? [bind(0, 0, 'all')] : [bind(0, 1, 'each'), bind(1, 1, 'all')];
  const graph: CompositionGraph = { name: `level${levels}`, sets: ['x', 'y', 'out'], inputs: 2, outputs: [2], applications: [{ callee: 'next', inputs: binds, outputs: [2], joins: [] }] };
  const next: Callee = levels === 0 ? resolve('a') : { kind: 'composition', name: `level${levels - 1}`, plan: tower(levels - 1, resolve) };
  return planGraph(graph, () => next);
}

it('calls few compositions at a time in one invocation, however deep it nests', async () => {
  const functions = new Map([['a', closed(echo)]]);
  const leaves = new AbortController();
  const dispatcher = dispatcherOf(new HeldEngine(1));
  const plan = tower(3, computeOf(functions));
  const inputs = (count: number): Sets => [{ name: 'x', items: items(1) }, { name: 'y', items: items(count) }];
  const many = dispatcher.invoke({ plan, inputs: inputs(40), signal: leaves.signal });
  const { computing, waiting } = dispatcher.stats();
  expect(computing + waiting).toBeGreaterThan(20);
  expect(computing + waiting).toBeLessThanOrEqual(3 * MAX_NESTED_AT_ONCE);
  leaves.abort();
  expect((await many).result.kind).toBe('failed');
  const { result } = await dispatcherOf(new ClosureEngine(functions, seededRandom(3))).invoke({ plan, inputs: inputs(7), timeoutMs: 30_000 });
  expect(result.kind === 'done' && result.outputs[0]?.items).toHaveLength(7 ** 3);
}, 40_000);

it('bounds the bytes of all that run inside one invocation together', async () => {
  const functions = new Map(['a', 'b'].map((name) => [name, closed(echo, { memoize: true })]));
  const engine = new HeldEngine(64);
  const inner = planGraph(chain('a', 'b'), computeOf(functions));
  const outer: CompositionGraph = { name: 'outer', sets: ['in', 'out'], inputs: 1, outputs: [1], applications: [{ callee: 'chain', inputs: [bind(0, 0, 'each')], outputs: [1], joins: [] }] };
  const running = invoke(dispatcherOf(engine), planGraph(outer, (name) => ({ kind: 'composition', name, plan: inner })), items(20).map((each) => ({ ...each, data: LARGE })), 60_000);
  for (let run = 0; run < 17 && engine.has.includes('a'); run++) await engine.end('a');
  expect((await running).result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'live-bytes' } } });
});

/** One for all: it is counted as often as it is there. */
const LARGE = new Uint8Array(MAX_LIVE_BYTES / 16);
