import { expect, test } from 'vitest';
import { sleep } from '@pappus/core';
import { SimulatedClock } from './simulated-clock.ts';

test('runs timers in the order of their times, then of their making', async () => {
  const clock = new SimulatedClock();
  const order: string[] = [];
  for (const [name, delayMs] of [['c', 20], ['a', 10], ['b', 10], ['d', 1_000_000]] as const) clock.schedule(delayMs, () => order.push(`${name}@${clock.nowMs()}`));
  await clock.run(sleep(clock, 1_000_001));
  expect(order).toEqual(['a@10', 'b@10', 'c@20', 'd@1000000']);
});

test('lets promise chains finish before time moves on', async () => {
  const clock = new SimulatedClock();
  const seen: number[] = [];
  const chain = async (): Promise<void> => {
    for (let step = 0; step < 50; step += 1) await Promise.resolve();
    seen.push(clock.nowMs());
    await sleep(clock, 5);
    seen.push(clock.nowMs());
  };
  clock.schedule(1, () => seen.push(-1));
  await clock.run(chain());
  expect(seen).toEqual([0, -1, 5]);
});

test('does not run a cancelled timer', async () => {
  const clock = new SimulatedClock();
  const timer = clock.schedule(1, () => expect.fail('it was cancelled'));
  timer.cancel();
  await clock.advance(10);
  expect(clock.nowMs()).toBe(10);
});

test('reports a hang and a livelock instead of waiting', async () => {
  const clock = new SimulatedClock();
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow('stands still');
  const again = (): void => void clock.schedule(10, again);
  again();
  await expect(clock.run(new Promise(() => {}), 1_000)).rejects.toThrow('after 1000 simulated ms');
});
