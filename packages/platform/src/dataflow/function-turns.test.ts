import { expect, it } from 'vitest';
import { planFunction, planGraph } from './plan-graph.ts';
import { specOf } from './testing/closure-engine.ts';
import { computeOf, closed, dispatcherOf, echo, invoke, items } from './testing/dispatching.ts';
import { HeldEngine } from './testing/held-engine.ts';

const once = { limits: { ...specOf([], []).limits, concurrency: 1 } };
const functions = new Map(['a', 'b'].map((name) => [name, closed(echo, once)]));
const alone = (name: string): ReturnType<typeof planFunction> => planFunction(name, name, closed(echo, once).spec);
const all = { parameter: 'in', position: 0, set: 0, distribution: 'all' as const, optional: false };
const both = planGraph({ name: 'both', sets: ['in', 'x', 'y'], inputs: 1, outputs: [1, 2], applications: [{ callee: 'a', inputs: [all], outputs: [1], joins: [] }, { callee: 'b', inputs: [all], outputs: [2], joins: [] }] }, computeOf(functions));

it.each([['a', 'b'], ['b', 'a']])('an invocation waits for every function that it could run: %s ends first', async (first, second) => {
  const engine = new HeldEngine(8);
  const dispatcher = dispatcherOf(engine);
  const running = [invoke(dispatcher, alone('a'), items(1)), invoke(dispatcher, alone('b'), items(1)), invoke(dispatcher, both, items(1))];
  expect(engine.given).toEqual(['a', 'b']);
  await engine.end(first);
  expect(engine.given).toEqual(['a', 'b', first]);
  await engine.end(second);
  expect(engine.given).toEqual(['a', 'b', first, second]);
  await engine.end('a');
  await engine.end('b');
  expect((await Promise.all(running)).every(({ result }) => result.kind === 'done')).toBe(true);
});

it('who was woken and does not run the function lets the next one have it', async () => {
  const engine = new HeldEngine(8);
  const dispatcher = dispatcherOf(engine);
  const leaves = new AbortController();
  const running = [invoke(dispatcher, alone('a'), items(1)), invoke(dispatcher, both, items(1), 5_000, leaves.signal), invoke(dispatcher, alone('a'), items(1))];
  expect(engine.given).toEqual(['a', 'b']);
  // It takes the run of `a` that was left to it, then leaves: the last one gets on.
  await engine.end('a');
  expect(engine.given).toEqual(['a', 'b', 'a']);
  leaves.abort();
  await new Promise((turn) => void setImmediate(turn));
  expect(engine.given).toEqual(['a', 'b', 'a', 'a']);
  await engine.end('a');
  expect((await Promise.all(running)).map(({ result }) => result.kind)).toEqual(['done', 'failed', 'done']);
  expect(dispatcher.stats()).toMatchObject({ computing: 0, waiting: 0 });
});
