import { SimulatedClock } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { MEMORY_WAIT_MS } from '../limits.ts';
import { Arrival, watchArrival } from './arrival.ts';

it('a body of which nothing comes is given up after a while, one of which something comes is not', () => {
  const arrival = new Arrival();
  for (let now = 0; now < 10_000; now += 20) {
    if (now % 900 === 0) arrival.received += 1;
    expect(arrival.problem(now, 1_000)).toBeNull();
  }
  expect(arrival.problem(10_890, 1_000)).toBeNull();
  expect(arrival.problem(10_900, 1_000)).toMatchObject({ status: 408 });
});

it('a client that has to wait is not silent, and has its time when it may go on', () => {
  const arrival = new Arrival();
  arrival.problem(0, 1_000);
  arrival.isExpected = false;
  expect(arrival.problem(5_000, 1_000)).toBeNull();
  arrival.isExpected = true;
  expect(arrival.problem(5_900, 1_000)).toBeNull();
  expect(arrival.problem(6_000, 1_000)).toMatchObject({ status: 408 });
});

it('a body that has waited too long for memory is given up', () => {
  const arrival = new Arrival();
  arrival.isExpected = false;
  arrival.isStarved = true;
  expect(arrival.problem(0, 1_000)).toBeNull();
  expect(arrival.problem(MEMORY_WAIT_MS - 1, 1_000)).toBeNull();
  arrival.isStarved = false;
  expect(arrival.problem(MEMORY_WAIT_MS, 1_000)).toBeNull();
  arrival.isStarved = true;
  expect(arrival.problem(MEMORY_WAIT_MS + 1, 1_000)).toBeNull();
  expect(arrival.problem(2 * MEMORY_WAIT_MS + 1, 1_000)).toMatchObject({ status: 429, retryAfter: 1 });
});

it('a watch says it once, and nothing after its end', async () => {
  const clock = new SimulatedClock();
  const told: number[] = [];
  watchArrival(new Arrival(), clock, 3_000, ({ status }) => told.push(status));
  const ended = watchArrival(new Arrival(), clock, 3_000, () => told.push(0));
  await clock.advance(2_000);
  ended();
  await clock.advance(10_000);
  expect(told).toEqual([408]);
});
