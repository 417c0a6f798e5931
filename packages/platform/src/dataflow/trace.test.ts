import { systemClock } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { expect, test } from 'vitest';
import { Trace } from './trace.ts';

const PLACE = { path: [], application: 0, function: 'f', run: 0 };

test('a run whose thread was ended has waited for all but the time that it ran', async () => {
  const clock = new SimulatedClock();
  const trace = new Trace(clock);
  await clock.advance(3);
  const readyUs = trace.nowUs();
  await clock.advance(2_000);
  trace.addLost(PLACE, readyUs, 1_020_000);
  trace.addLost(PLACE, readyUs, 0);
  expect(trace.spans).toMatchObject([
    { startedUs: 3_000, queueUs: 980_000, computeUs: 1_020_000 },
    { startedUs: 3_000, queueUs: 0, computeUs: 2_000_000 },
  ]);
});

test('times are whole µs', () => {
  let nowMs = 0.1;
  const trace = new Trace({ ...systemClock, nowMs: () => (nowMs += 1.583_742_9) });
  trace.addCompute(PLACE, trace.nowUs(), 1, { step: 0, startedUs: 2, sandboxUs: 3, computeUs: 4, storeUs: 5 });
  const [span] = trace.spans;
  expect([span?.startedUs, span?.queueUs].every(Number.isInteger)).toBe(true);
});
