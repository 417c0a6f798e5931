/** The short way of a function alone, against the long way of the same plan. */
import { defined, seededRandom, silentLogger, sleep, systemClock } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComputeEngine } from '../engine/compute-engine.ts';
import type { Item } from '../sets/item.ts';
import { Dispatcher } from './dispatcher.ts';
import type { InvocationOutcome } from './invoke-options.ts';
import { planFunction } from './plan-graph.ts';
import type { Plan } from './plan.ts';
import { ClosureEngine, specOf, type Closed } from './testing/closure-engine.ts';

const item = fc.record({ name: fc.stringMatching(/^[a-z]{1,5}$/), key: fc.nat(9), data: fc.uint8Array({ maxLength: 5 }) });
const items = fc.array(item, { maxLength: 3 });
const limits = { ...specOf([], []).limits, concurrency: 2 };
const spec = specOf(['a', 'b'], ['x', 'y', 'z'], { limits });

/** Gives back what it gets in two of three outputs; an item called `bad` is too much for it. */
const swapped: Closed['closure'] = ([a = [], b = []]) => {
  if ([...a, ...b].some(({ name }) => name === 'bad')) throw new Error('no');
  return [b, a];
};

async function invoked(plan: Plan, inputs: readonly (readonly Item[])[]): Promise<InvocationOutcome['result']> {
  const engine = new ClosureEngine(new Map([['f', { spec, closure: swapped }]]), null);
  const dispatcher = new Dispatcher({ engine: engine as unknown as ComputeEngine, clock: systemClock, random: seededRandom(1), logger: silentLogger, cache: null });
  const sets = inputs.map((each, index) => ({ name: spec.inputs[index] ?? '', items: each }));
  const { result } = await dispatcher.invoke({ plan, inputs: sets });
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0, completedTasks: 1 });
  return result;
}

describe('a function alone', () => {
  const short = planFunction('f', 'f', spec);
  const long: Plan = { ...short, alone: false };

  it('gives what it gives as a composition of one application', async () => {
    expect(short.alone).toBe(true);
    const bad = item.map((each) => ({ ...each, name: 'bad' }));
    const some = fc.array(fc.oneof({ weight: 9, arbitrary: item }, { weight: 1, arbitrary: bad }), { maxLength: 3 });
    await fc.assert(fc.asyncProperty(some, items, async (a, b) => {
      expect(await invoked(short, [a, b])).toEqual(await invoked(long, [a, b]));
    }));
  });

  it.each([1, 2, 3])('runs no more often at once than it may, and ends when it is cancelled, seed %i', async (seed) => {
    const engine = new ClosureEngine(new Map([['f', { spec, closure: swapped }]]), seededRandom(seed));
    const dispatcher = new Dispatcher({ engine: engine as unknown as ComputeEngine, clock: systemClock, random: seededRandom(1), logger: silentLogger, cache: null });
    const ends = new AbortController();
    const invoke = (signal?: AbortSignal): Promise<InvocationOutcome> =>
      dispatcher.invoke({ plan: short, inputs: [{ name: 'a', items: [] }, { name: 'b', items: [] }], ...(signal === undefined ? {} : { signal }) });
    const all = Array.from({ length: 30 }, (_, index) => invoke(index % 3 === 0 ? ends.signal : undefined));
    ends.abort();
    const kinds = (await Promise.all(all)).map(({ result }) => result.kind);
    expect(kinds).toEqual(Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 'failed' : 'done')));
    expect(engine.peak).toBeLessThanOrEqual(2);
    await sleep(systemClock, 5);
    expect(dispatcher.stats()).toMatchObject({ invocations: 0, computing: 0, waiting: 0 });
    expect(defined(short.applications[0], 'the application').callee.name).toBe('f');
  });
});
