/** Turns between compositions that compute, where their runs are long, and where they are kept. */
import { expect, it } from 'vitest';
import { ResultCache } from '../cache/result-cache.ts';
import type { InvocationOutcome } from './invoke-options.ts';
import { TASKS_PER_THREAD } from './limits.ts';
import { planFunction, planGraph } from './plan-graph.ts';
import { specOf } from './testing/closure-engine.ts';
import { chain, closed, computeOf, dispatcherOf, echo, invoke, item, items } from './testing/dispatching.ts';
import { HeldEngine } from './testing/held-engine.ts';

const [slow, quick] = [planFunction('slow', 'slow', specOf(['in'], ['out'])), planFunction('quick', 'quick', specOf(['in'], ['out']))];
const LONG_US = 100_000;

it('hands over no more long runs than there are threads, and the next turn is another\'s', async () => {
  const engine = new HeldEngine(2);
  const dispatcher = dispatcherOf(engine);
  const many = Array.from({ length: 60 }, () => invoke(dispatcher, slow, items(1), 60_000));
  expect(engine.has).toHaveLength(4); // nothing is known of it yet
  for (let run = 0; run < 10; run++) await engine.end('slow', LONG_US);
  expect(engine.has).toEqual(['slow', 'slow']);
  const other = invoke(dispatcher, quick, items(1), 60_000);
  await engine.end('slow', LONG_US);
  expect(engine.has.slice(0, 2)).toEqual(['slow', 'quick']);
  expect(engine.has.length).toBeLessThanOrEqual(3);
  await engine.end('quick');
  expect((await other).result.kind).toBe('done');
  while (engine.has.length > 0) await engine.end('slow', LONG_US);
  expect((await Promise.all(many)).every(({ result }) => result.kind === 'done')).toBe(true);
});

it('hands over short runs in batches, also beside a long one', async () => {
  const engine = new HeldEngine(2);
  const dispatcher = dispatcherOf(engine);
  const both = [...Array.from({ length: 60 }, () => invoke(dispatcher, quick, items(1), 60_000)), ...Array.from({ length: 8 }, () => invoke(dispatcher, slow, items(1), 60_000))];
  for (let run = 0; run < 60; run++) await engine.end('quick', 10);
  for (let run = 0; run < 7; run++) await engine.end('slow', LONG_US);
  const batch = Array.from({ length: 200 }, () => invoke(dispatcher, quick, items(1), 60_000));
  expect(engine.has).toEqual(['slow', ...Array.from({ length: TASKS_PER_THREAD }, () => 'quick')]);
  await engine.end('slow', LONG_US);
  expect(engine.has).toHaveLength(2 * TASKS_PER_THREAD);
  while (engine.has.length > 0) await engine.end('quick');
  expect((await Promise.all([...both, ...batch])).every(({ result }) => result.kind === 'done')).toBe(true);
});

it('takes turns while runs are handed over, before any of them has ended', async () => {
  const engine = new HeldEngine(1);
  const dispatcher = dispatcherOf(engine);
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const plan = (name: string): ReturnType<typeof planGraph> => planGraph({ ...chain(name, name), name }, computeOf(functions));
  const first = invoke(dispatcher, slow, items(1), 60_000);
  const blocking = invoke(dispatcher, slow, items(1), 60_000);
  const both = [invoke(dispatcher, plan('a'), items(20), 60_000), invoke(dispatcher, plan('b'), items(20), 60_000)];
  await engine.end('slow');
  await engine.end('slow');
  expect(engine.has.toSorted()).toEqual(['a', 'b']);
  while (engine.has.length > 0) await engine.end(engine.has[0] as string);
  expect((await Promise.all([first, blocking, ...both])).every(({ result }) => result.kind === 'done')).toBe(true);
});

it('a run that waits for another one\'s result takes no thread, and has no part in its times', async () => {
  const engine = new HeldEngine(2);
  const dispatcher = dispatcherOf(engine, { cache: new ResultCache() });
  const limits = { ...specOf([], []).limits, concurrency: 2 };
  const kept = planFunction('kept', 'kept', specOf(['in'], ['out'], { memoize: true, limits }));
  const ask = (name: string): Promise<InvocationOutcome> => dispatcher.invoke({ plan: kept, inputs: [{ name: 'in', items: [item(name)] }], traced: true, timeoutMs: 60_000 });
  const same = Array.from({ length: 20 }, () => ask('same'));
  const another = ask('another');
  const other = invoke(dispatcher, quick, items(1), 60_000);
  expect(engine.has).toEqual(['kept', 'kept', 'quick']);
  expect(dispatcher.stats()).toMatchObject({ computing: 3, waiting: 0 });
  await engine.end('quick');
  expect((await other).result.kind).toBe('done');
  const text = new TextEncoder().encode('written');
  await engine.end('kept', LONG_US, [{ step: 0, log: { stdout: text, stderr: text, droppedBytes: 0 } }]);
  await engine.end('kept', LONG_US);
  const outcomes = await Promise.all(same);
  expect((await another).result.kind).toBe('done');
  expect(outcomes.every(({ result }) => result.kind === 'done' && result.outputs[0]?.items[0]?.name === 'same')).toBe(true);
  expect(outcomes.map(({ logs }) => logs.length)).toEqual([1, ...Array.from({ length: 19 }, () => 0)]);
  expect(outcomes.map(({ trace }) => trace?.spans.map(({ kind, computeUs }) => [kind, computeUs]))).toEqual([[['compute', LONG_US]], ...Array.from({ length: 19 }, () => [['kept', 0]])]);
  expect(dispatcher.stats()).toMatchObject({ computing: 0, waiting: 0, completedTasks: 22 });
});

it('a kept run that goes on for others without its first caller keeps its turn until it ends', async () => {
  const engine = new HeldEngine(2);
  const dispatcher = dispatcherOf(engine, { cache: new ResultCache() });
  const kept = planFunction('kept', 'kept', specOf(['in'], ['out'], { memoize: true, limits: { ...specOf([], []).limits, concurrency: 2 } }));
  const ask = (name: string, signal?: AbortSignal): Promise<InvocationOutcome> => invoke(dispatcher, kept, [item(name)], 60_000, signal);
  const leaves = new AbortController();
  const [leader, joined] = [ask('same', leaves.signal), ask('same')];
  await new Promise((turn) => void setImmediate(turn));
  const others = [ask('another'), ask('third')];
  await new Promise((turn) => void setImmediate(turn));
  expect(engine.has).toHaveLength(2);
  leaves.abort();
  expect((await leader).result.kind).toBe('failed');
  await new Promise((turn) => void setImmediate(turn));
  expect(engine.has).toHaveLength(2);
  expect(dispatcher.stats()).toMatchObject({ computing: 2 });
  await engine.end('kept', LONG_US);
  expect((await joined).result.kind).toBe('done');
  await new Promise((turn) => void setImmediate(turn));
  expect(engine.has).toHaveLength(2);
  while (engine.has.length > 0) await engine.end('kept', LONG_US);
  expect((await Promise.all(others)).every(({ result }) => result.kind === 'done')).toBe(true);
  expect(dispatcher.stats()).toMatchObject({ computing: 0, waiting: 0, completedTasks: 4 });
});

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('runs whose clients leave are charged what they take', async () => {
  const engine = new HeldEngine(1, 'go on');
  const dispatcher = dispatcherOf(engine);
  const usedUs = { slow: 0, quick: 0 };
  let going = true;
  const leaving: AbortController[] = [];
  const client = async (plan: typeof slow, leaves: boolean): Promise<void> => {
    while (going) {
      const controller = new AbortController();
      if (leaves) leaving.push(controller);
      await invoke(dispatcher, plan, items(1), 60_000, controller.signal);
    }
  };
  const clients = Array.from({ length: 8 }, () => [client(slow, true), client(quick, false)]).flat();
  for (let run = 0; run < 200; run++) {
    await turn();
    const name = engine.has[0] as 'slow' | 'quick';
    if (name === 'slow') for (const controller of leaving.splice(0, leaving.length)) controller.abort();
    await turn();
    usedUs[name] += 20_000;
    await engine.end(name, 20_000);
  }
  going = false;
  expect(usedUs.slow / usedUs.quick).toBeGreaterThan(0.8);
  expect(usedUs.slow / usedUs.quick).toBeLessThan(1.25);
  for (const controller of leaving) controller.abort();
  for (let at = 0; at < 50; at++) {
    for (const controller of leaving.splice(0)) controller.abort();
    if (engine.has.length > 0) await engine.end(engine.has[0] as string);
    await turn();
  }
  await Promise.all(clients);
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
});

it.each([false, true])('a run whose client has left keeps its turn until its thread is free, kept: %s', async (memoize) => {
  const engine = new HeldEngine(4, 'go on');
  const dispatcher = dispatcherOf(engine, { cache: new ResultCache() });
  const once = planFunction('once', 'once', specOf(['in'], ['out'], { memoize, limits: { ...specOf([], []).limits, concurrency: 1 } }));
  const leaves = new AbortController();
  const left = invoke(dispatcher, once, [item('a')], 60_000, leaves.signal);
  await turn();
  const next = invoke(dispatcher, once, [item('b')], 60_000);
  leaves.abort();
  expect((await left).result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'cancelled' } } });
  await turn();
  expect(engine.has).toEqual(['once']);
  await engine.end('once', LONG_US, [{ step: 0, log: { stdout: new Uint8Array(9), stderr: new Uint8Array(0), droppedBytes: 0 } }]);
  expect((await left).logs).toEqual([]);
  await turn();
  expect(engine.has).toEqual(['once']);
  await engine.end('once', LONG_US);
  expect((await next).result).toMatchObject({ kind: 'done', outputs: [{ items: [{ name: 'b' }] }] });
  expect(dispatcher.stats()).toMatchObject({ computing: 0, waiting: 0, completedTasks: 2 });
});
