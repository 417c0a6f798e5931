/** Room, fairness, cancellation, deadlines, kept results, nesting and I/O, on an engine of closures. */
import { AppError, defined, seededRandom, sleep, systemClock } from '@pappus/core';
import type { CompositionGraph } from '@pappus/composition';
import { expect, it } from 'vitest';
import { ResultCache } from '../cache/result-cache.ts';
import type { IoFunction } from '../io/io-function.ts';
import type { Item } from '../sets/item.ts';
import type { DispatcherOptions } from './invoke-options.ts';
import type { Inlet, InputSource, OutputSink } from './flow.ts';
import { TASKS_PER_THREAD, UNWATCHED_CONCURRENCY } from './limits.ts';
import type { Plan } from './plan.ts';
import { planFunction, planGraph } from './plan-graph.ts';
import { ClosureEngine, specOf, type Closure } from './testing/closure-engine.ts';
import { chain, closed, computeOf, dispatcherOf, echo, invoke, item, items } from './testing/dispatching.ts';

it('refuses an invocation when there is no room, at once and for later', async () => {
  const functions = new Map([['f', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(2)), { maxInvocations: 2 });
  const plan = planFunction('f', 'f', defined(functions.get('f'), 'f').spec);
  const [a, b] = [invoke(dispatcher, plan, items(1)), invoke(dispatcher, plan, items(1))];
  await expect(invoke(dispatcher, plan, items(1))).rejects.toMatchObject({ code: 'resource-exhausted', retryable: true });
  expect([(await a).result.kind, (await b).result.kind]).toEqual(['done', 'done']);
  expect((await invoke(dispatcher, plan, items(1))).result.kind).toBe('done');
});

it('keeps a chain of functions of one item on one thread', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const engine = new ClosureEngine(functions, null);
  const { result } = await invoke(dispatcherOf(engine), planGraph(chain('a', 'b'), computeOf(functions)), items(10));
  expect(result.kind === 'done' && result.outputs[0]?.items.map(({ name }) => name)).toEqual(items(10).map(({ name }) => name));
  expect(engine.tasks).toBe(10);
});

it('lets a composition with few runs pass one with many', async () => {
  const functions = new Map([['slow', closed(echo)], ['quick', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(3)));
  const many = planGraph({ ...chain('slow', 'slow'), name: 'many' }, computeOf(functions));
  const order: string[] = [];
  const long = invoke(dispatcher, many, items(5_000)).then(() => order.push('many'));
  await sleep(systemClock, 5);
  await invoke(dispatcher, planFunction('quick', 'quick', defined(functions.get('quick'), 'quick').spec), items(1)).then(() => order.push('quick'));
  await long;
  expect(order).toEqual(['quick', 'many']);
});

it('runs a function no more often at once than its limit says, and everybody gets on', async () => {
  const limits = { ...specOf([], []).limits, concurrency: 3 };
  const functions = new Map([['f', closed(echo, { limits })]]);
  const engine = new ClosureEngine(functions, seededRandom(4));
  const dispatcher = dispatcherOf(engine);
  const plan = planFunction('f', 'f', defined(functions.get('f'), 'f').spec);
  const ends = new AbortController();
  const left = Array.from({ length: 5 }, () => invoke(dispatcher, plan, items(1), 5_000, ends.signal));
  const all = Array.from({ length: 40 }, () => invoke(dispatcher, plan, items(1)));
  ends.abort();
  expect((await Promise.all(all)).every(({ result }) => result.kind === 'done')).toBe(true);
  expect((await Promise.all(left)).every(({ result }) => result.kind === 'failed')).toBe(true);
  expect(engine.peak).toBe(3);
});

it('starts what follows before its set is complete', async () => {
  const seen: string[] = [];
  const note = (name: string): Closure => (inputs) => (seen.push(name), [inputs.flat()]);
  // Kept results make each run a task of its own, so that the two are not one segment.
  const functions = new Map([['a', closed(note('a'), { memoize: true })], ['b', closed(note('b'), { memoize: true })]]);
  await invoke(dispatcherOf(new ClosureEngine(functions, seededRandom(5))), planGraph(chain('a', 'b'), computeOf(functions)), items(200));
  expect(seen.filter((name) => name === 'b')).toHaveLength(200);
  expect(seen.indexOf('b')).toBeLessThan(seen.lastIndexOf('a') - 20);
});

it('counts the runs that wait, also those of one invocation', async () => {
  const functions = new Map([['a', closed(echo, { memoize: true })], ['b', closed(echo, { memoize: true })]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(8)));
  const running = invoke(dispatcher, planGraph(chain('a', 'b'), computeOf(functions)), items(200));
  const { computing, waiting } = dispatcher.stats();
  expect(computing).toBeGreaterThan(0);
  expect(waiting).toBe(200 - computing);
  await running;
  expect(dispatcher.stats()).toMatchObject({ computing: 0, waiting: 0, waitingIo: 0 });
});

it('ends at its deadline and when the client leaves, and leaves nothing behind', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(6)));
  const plan = planGraph(chain('a', 'b', 'all'), computeOf(functions));
  const late = await invoke(dispatcher, plan, items(20_000), 20);
  expect(late.result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'deadline' } } });
  const controller = new AbortController();
  const leaving = invoke(dispatcher, plan, items(20_000), 60_000, controller.signal);
  setImmediate(() => controller.abort());
  expect((await leaving).result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'cancelled' } } });
  await sleep(systemClock, 50);
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
});

it('says what was under way when it was given up', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const engine = new ClosureEngine(functions, null);
  engine.run = () => new Promise(() => {});
  const underWay = async (plan: Plan, count: number): Promise<unknown> => {
    const { result } = await invoke(dispatcherOf(engine), plan, items(count), 30);
    return result.kind === 'failed' && 'underWay' in result.failure.reason ? result.failure.reason.underWay : null;
  };
  expect(await underWay(planFunction('b', 'b', specOf(['in'], ['out'])), 1)).toEqual(['b']);
  expect(await underWay(planGraph(chain('a', 'b'), computeOf(functions)), 1)).toEqual(['a → b']);
  expect(await underWay(planGraph(chain('a', 'b'), computeOf(functions)), 3)).toEqual([expect.stringMatching(/^a → b \(\d runs\)$/)]);
});

it('tells a function that was removed from a defect', async () => {
  const engine = new ClosureEngine(new Map(), null);
  engine.run = () => Promise.reject(new AppError('not-found', 'the function f is not registered any more'));
  const { result } = await invoke(dispatcherOf(engine), planFunction('f', 'f', specOf(['in'], ['out'])), items(1));
  expect(result).toMatchObject({ kind: 'failed', failure: { function: 'f', reason: { kind: 'gone' } } });
});

it('names the function and the item of a run that fails, in a nested composition too', async () => {
  const functions = new Map([['a', closed(echo)], ['bad', closed((inputs) => {
    if (inputs[0]?.[0]?.name === 'i3') throw new Error('no');
    return [inputs.flat()];
  })]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, null));
  const inner = planGraph(chain('a', 'bad'), computeOf(functions));
  const outer: CompositionGraph = { name: 'outer', sets: ['in', 'out'], inputs: 1, outputs: [1], applications: [{ callee: 'chain', inputs: [{ parameter: 'in', position: 0, set: 0, distribution: 'each', optional: false }], outputs: [1], joins: [] }] };
  const plan = planGraph(outer, (name) => ({ kind: 'composition', name, plan: inner }));
  expect((await invoke(dispatcher, plan, items(3))).result.kind).toBe('done');
  const { result } = await invoke(dispatcher, plan, items(5));
  expect(result).toMatchObject({ kind: 'failed', failure: { function: 'bad', path: ['outer', 'chain'], items: ['i3'], reason: { kind: 'trap' } } });
});

it('computes what it keeps once', async () => {
  let runs = 0;
  const functions = new Map([['f', closed((inputs) => (runs++, [inputs.flat()]), { memoize: true })]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(7)), { cache: new ResultCache() });
  const plan = planFunction('f', 'f', defined(functions.get('f'), 'f').spec);
  await Promise.all(Array.from({ length: 5 }, () => invoke(dispatcher, plan, items(2))));
  const { result } = await invoke(dispatcher, plan, items(2));
  expect(runs).toBe(1);
  expect(result.kind === 'done' && result.outputs[0]?.items.map(({ name }) => name)).toEqual(['i0', 'i1']);
});

it('does I/O beside computing, within its own bounds', async () => {
  let peak = 0;
  let under = 0;
  const io: IoFunction = {
    name: 'FETCH',
    signature: { inputs: ['in'], outputs: ['out'] },
    run: async ([set]) => {
      peak = Math.max(peak, ++under);
      await sleep(systemClock, 1);
      under--;
      return { kind: 'done', outputs: [{ name: 'out', items: set?.items ?? [] }] };
    },
    stop: async () => {},
  };
  const functions = new Map([['a', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, null));
  dispatcher.setIoSlots(4);
  const plan = planGraph(chain('a', 'FETCH'), (name) => (name === 'FETCH' ? { kind: 'io', name, io } : computeOf(functions)(name)));
  const { result } = await invoke(dispatcher, plan, items(30));
  expect(result.kind === 'done' && result.outputs[0]?.items.map(({ name }) => name)).toEqual(items(30).map(({ name }) => name));
  expect(peak).toBe(3); // one is left for others
});

it('stops: nothing new, and what is under way ends', async () => {
  const functions = new Map([['f', closed(echo)]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(8)));
  const plan = planFunction('f', 'f', defined(functions.get('f'), 'f').spec);
  const running = invoke(dispatcher, plan, items(1));
  const stopping = dispatcher.stop(1_000);
  await expect(invoke(dispatcher, plan, items(1))).rejects.toBeInstanceOf(AppError);
  await stopping;
  expect((await running).result.kind).toBe('done');
});

it('gets through chains as long as the language allows, also when there is nothing to do', async () => {
  const functions = new Map([['f', closed(echo)]]);
  const length = 4_000;
  const chained: CompositionGraph = {
    name: 'long',
    sets: Array.from({ length: length + 1 }, (_, index) => (index === 0 ? 'in' : `s${index}`)),
    inputs: 1,
    outputs: [length],
    applications: Array.from({ length }, (_, set) => ({ callee: 'f', inputs: [{ parameter: 'in', position: 0, set, distribution: 'all' as const, optional: false }], outputs: [set + 1], joins: [] })),
  };
  const plan = planGraph(chained, computeOf(functions));
  const dispatcher = dispatcherOf(new ClosureEngine(functions, null));
  expect((await invoke(dispatcher, plan, [])).result.kind).toBe('done');
  expect((await invoke(dispatcher, plan, items(2))).result).toMatchObject({ kind: 'done', outputs: [{ items: items(2) }] });
});

it('calls a composition for many items a few at a time', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const engine = new ClosureEngine(functions, seededRandom(9));
  const inner = planGraph(chain('a', 'b', 'all'), computeOf(functions));
  const outer: CompositionGraph = { name: 'outer', sets: ['in', 'out'], inputs: 1, outputs: [1], applications: [{ callee: 'chain', inputs: [{ parameter: 'in', position: 0, set: 0, distribution: 'each', optional: false }], outputs: [1], joins: [] }] };
  const { result } = await invoke(dispatcherOf(engine), planGraph(outer, (name) => ({ kind: 'composition', name, plan: inner })), items(500));
  expect(result.kind === 'done' && result.outputs[0]?.items).toHaveLength(500);
  expect(engine.peak).toBeLessThanOrEqual(32);
});

it.each(Array.from({ length: 20 }, (_, seed) => seed))('leaves nobody waiting for a limited function, seed %i', async (seed) => {
  const limits = { ...specOf([], []).limits, concurrency: 2 };
  const functions = new Map([['a', closed(echo)], ['limited', closed(echo, { limits })]]);
  const random = seededRandom(seed);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, random));
  dispatcher.setThreads(0.2);
  const plan = planGraph(chain('a', 'limited'), computeOf(functions));
  const controllers = Array.from({ length: 40 }, () => new AbortController());
  const all = controllers.map(({ signal }) => invoke(dispatcher, plan, items(1 + (random.uint32() % 4)), 4_000, signal));
  for (const controller of controllers) if (random.uint32() % 5 === 0) setImmediate(() => controller.abort());
  const kinds = (await Promise.all(all)).map(({ result }) => (result.kind === 'done' ? 'done' : result.failure.reason.kind));
  expect(kinds).not.toContain('deadline');
});

const sized = (count: number, bytes: number): Item[] => items(count).map((each) => ({ ...each, data: new Uint8Array(bytes) }));
const LIMITS = { queuedBytes: 1_000, flowingBytes: 500, unsentBytes: 300 };
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => void setImmediate(resolve));
};

it('begins nothing while its client does not read, and tells a source to pause', async () => {
  const functions = new Map([['a', closed(echo)], ['b', closed(echo)]]);
  const engine = new ClosureEngine(functions, null);
  const unread: (() => void)[] = [];
  const seen: string[] = [];
  const sink: OutputSink = {
    take: (_, made, sent) => {
      seen.push(...made.map(({ name }) => name));
      unread.push(sent);
    },
  };
  const inlets: Inlet[] = [];
  let paused = false;
  let needless = 0;
  const source: InputSource = { begin: (inlet) => inlets.push(inlet), pause: () => (paused = true), resume: () => (paused = false), letGo: (bytes) => (needless += bytes) };
  const all = sized(40, 100);
  const result = dispatcherOf(engine, { flow: LIMITS }).invoke({ plan: planGraph(chain('a', 'b'), computeOf(functions)), inputs: [], source, sink, timeoutMs: 5_000 });
  const left = [...all];
  const fill = async (): Promise<void> => {
    while (!paused && left.length > 0) {
      inlets[0]?.add(0, left.splice(0, 1));
      await turns(2);
    }
  };
  await fill();
  await turns(20);
  // Some runs until the client is behind, and then what the source may bring until it is told to pause.
  expect([engine.tasks, seen.length, all.length - left.length]).toEqual([4, 4, 11]);
  while (left.length > 0) {
    unread.shift()?.();
    await turns(2);
    await fill();
  }
  inlets[0]?.end();
  while (seen.length < all.length) {
    unread.shift()?.();
    await turns(2);
  }
  for (const sent of unread) sent();
  expect((await result).result.kind).toBe('done');
  expect(seen).toEqual(all.map(({ name }) => name));
  expect(needless).toBe(4_000);
});

it('holds back whoever makes items while there are enough of them', async () => {
  let between = 0;
  let peak = 0;
  const make: Closure = ([set]) => {
    between += 10;
    peak = Math.max(peak, between);
    return [Array.from({ length: 10 }, (_, index) => ({ name: `${set?.[0]?.name ?? ''}.${index}`, key: 0, data: new Uint8Array(100) }))];
  };
  const use: Closure = (inputs) => (between--, [inputs.flat().map(({ name }) => item(name))]);
  const limits = { ...specOf([], []).limits, concurrency: 1 };
  const functions = new Map([['make', closed(make)], ['use', closed(use, { limits })]]);
  const run = async (flow: Partial<DispatcherOptions>): Promise<number> => {
    peak = 0;
    const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(11)), flow);
    dispatcher.setThreads(0.2);
    const { result } = await invoke(dispatcher, planGraph(chain('make', 'use'), computeOf(functions)), sized(60, 1));
    expect(result.kind === 'done' && result.outputs[0]?.items).toHaveLength(600);
    return peak;
  };
  // Ten items make 1,000 bytes; so many runs may have begun before the first of them ended.
  expect(await run({ flow: { ...LIMITS, flowingBytes: 1_000 } })).toBeLessThan(150);
  expect(await run({})).toBeGreaterThan(400);
});

it('starts first what is nearest to the outputs, so that little is in between', async () => {
  let [between, peak] = [0, 0];
  const make: Closure = (inputs) => ((peak = Math.max(peak, ++between)), [inputs.flat()]);
  const use: Closure = (inputs) => (between--, [inputs.flat()]);
  // Not many at a time, so it does not follow on the thread of what it reads.
  const limits = { ...specOf([], []).limits, concurrency: UNWATCHED_CONCURRENCY - 1 };
  const functions = new Map([['make', closed(make)], ['use', closed(use, { limits })]]);
  const dispatcher = dispatcherOf(new ClosureEngine(functions, seededRandom(12)));
  dispatcher.setThreads(1);
  const { result } = await invoke(dispatcher, planGraph(chain('make', 'use'), computeOf(functions)), items(1_000));
  expect(result.kind === 'done' && result.outputs[0]?.items).toHaveLength(1_000);
  expect(peak).toBeLessThanOrEqual(2 * TASKS_PER_THREAD);
});
