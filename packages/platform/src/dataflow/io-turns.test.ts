/** Turns between compositions that do I/O. */
import type { CompositionGraph } from '@pappus/composition';
import { expect, it } from 'vitest';
import type { IoContext, IoFunction } from '../io/io-function.ts';
import type { Sets } from '../sets/item.ts';
import { planGraph } from './plan-graph.ts';
import type { Plan } from './plan.ts';
import { dispatcherOf, invoke, items } from './testing/dispatching.ts';
import { HeldEngine } from './testing/held-engine.ts';

/** I/O that ends when the test says so. */
class HeldIo implements IoFunction {
  readonly name = 'HTTP';
  readonly signature = { inputs: ['requests'], outputs: ['responses'] };
  readonly held: (() => void)[] = [];
  readonly lanes = new Set<string>();

  async run(_: Sets, { lane }: IoContext): ReturnType<IoFunction['run']> {
    this.lanes.add(lane);
    await new Promise<void>((resolve) => this.held.push(resolve));
    return { kind: 'done', outputs: [{ name: 'responses', items: [] }] };
  }

  async stop(): Promise<void> {}

  async end(count: number): Promise<void> {
    for (const resolve of this.held.splice(0, count)) resolve();
    await new Promise((turn) => void setImmediate(turn));
  }
}

function planOf(name: string, io: IoFunction): Plan {
  const graph: CompositionGraph = { name, sets: ['in', 'out'], inputs: 1, outputs: [1], applications: [{ callee: 'HTTP', inputs: [{ parameter: 'requests', position: 0, set: 0, distribution: 'each', optional: false }], outputs: [1], joins: [] }] };
  return planGraph(graph, () => ({ kind: 'io', name: 'HTTP', io }));
}

it('one with many requests leaves some slots to others, and they have turns', async () => {
  const [many, few] = [new HeldIo(), new HeldIo()];
  const dispatcher = dispatcherOf(new HeldEngine(1));
  dispatcher.setIoSlots(8);
  const long = invoke(dispatcher, planOf('many', many), items(1_000), 60_000);
  expect(many.held).toHaveLength(6);
  const short = invoke(dispatcher, planOf('few', few), items(40), 60_000);
  expect([many.held.length, few.held.length]).toEqual([6, 2]);
  // Whoever has more is passed over until both have the same.
  for (let turn = 0; turn < 10; turn++) await (many.held.length >= few.held.length ? many : few).end(1);
  expect(Math.abs(many.held.length - few.held.length)).toBeLessThanOrEqual(2);
  while (few.held.length > 0) await few.end(few.held.length);
  expect((await short).result.kind).toBe('done');
  expect(many.held.length).toBeLessThanOrEqual(6);
  while (many.held.length > 0) await many.end(many.held.length);
  expect((await long).result.kind).toBe('done');
  expect(dispatcher.stats()).toMatchObject({ io: 0, waitingIo: 0 });
  expect([[...many.lanes], [...few.lanes]]).toEqual([['many'], ['few']]);
});
