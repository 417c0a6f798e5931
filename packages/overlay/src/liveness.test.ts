import { expect, test } from 'vitest';
import type { Clock } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { Liveness } from './liveness.ts';

test('reports silence once, counted from the last sign of life', async () => {
  const clock = new SimulatedClock();
  const silentAt: number[] = [];
  const liveness = new Liveness({ clock, silenceMs: 1_000, stallMs: 100, onSilent: () => silentAt.push(clock.nowMs()) });
  await clock.advance(700);
  liveness.heard();
  await clock.advance(5_000);
  expect(silentAt).toEqual([1_700]);
});

test('does not blame the other side when this process stood still', async () => {
  const clock = new SimulatedClock();
  let stalledMs = 0;
  const stalling: Clock = { nowMs: () => clock.nowMs() + stalledMs, wallMs: () => 0, schedule: (delayMs, callback) => clock.schedule(delayMs, callback) };
  const silentAt: number[] = [];
  const liveness = new Liveness({ clock: stalling, silenceMs: 1_000, stallMs: 100, onSilent: () => silentAt.push(clock.nowMs()) });
  clock.schedule(500, () => {
    stalledMs = 3_000;
  });
  clock.schedule(1_050, () => liveness.heard()); // what had arrived meanwhile is read now
  await clock.advance(1_900);
  expect(silentAt).toEqual([]);
  await clock.advance(2_000);
  expect(silentAt).toHaveLength(1);
});

test('does not blame the other side for a stall that ends just when silence would be reported', async () => {
  const clock = new SimulatedClock();
  let stalledMs = 0;
  const stalling: Clock = { nowMs: () => clock.nowMs() + stalledMs, wallMs: () => 0, schedule: (delayMs, callback) => clock.schedule(delayMs, callback) };
  const silentAt: number[] = [];
  const liveness = new Liveness({ clock: stalling, silenceMs: 1_000, stallMs: 100, onSilent: () => silentAt.push(clock.nowMs()) });
  clock.schedule(10, () => {
    stalledMs = 950;
  });
  clock.schedule(150, () => liveness.heard());
  await clock.advance(1_000);
  expect(silentAt).toEqual([]);
});

test('is quiet after stop', async () => {
  const clock = new SimulatedClock();
  new Liveness({ clock, silenceMs: 10, stallMs: 5, onSilent: () => expect.fail('it was stopped') }).stop();
  await clock.advance(100);
});
