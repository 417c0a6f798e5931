import { AppError, seededRandom, type Clock } from '@pappus/core';
import { expect, it } from 'vitest';
import { Gate } from './gate.ts';
import { withRetries, type RetryOptions } from './retry.ts';

/** A clock on which every wait ends at once and is written down. */
function recordingClock(waits: number[]): Clock {
  return {
    nowMs: () => 0,
    wallMs: () => 0,
    schedule(delayMs, callback) {
      waits.push(delayMs);
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
}

const busy = (): Promise<never> => Promise.reject(new AppError('unavailable', 'busy', { retryable: true }));
const optionsOf = (waits: number[], signal: AbortSignal = new AbortController().signal): RetryOptions => ({
  policy: { attempts: 8, baseMs: 50, maxMs: 1_000 },
  clock: recordingClock(waits),
  random: seededRandom(4),
  signal,
  onRetry: () => {},
});

it('waits within bounds that double up to the limit, then says how often it tried', async () => {
  const waits: number[] = [];
  await expect(withRetries(optionsOf(waits), busy)).rejects.toMatchObject({ code: 'unavailable', message: 'busy (gave up after 8 attempts)', retryable: true });
  const bounds = [50, 100, 200, 400, 800, 1_000, 1_000];
  expect(waits).toHaveLength(bounds.length);
  waits.forEach((wait, i) => expect(wait).toBeLessThanOrEqual(bounds[i] ?? 0));
  expect(Math.max(...waits)).toBeGreaterThan(200);
  expect(new Set(waits).size).toBe(bounds.length);
});

it('does not repeat what will not help', async () => {
  const waits: number[] = [];
  await expect(withRetries(optionsOf(waits), () => Promise.reject(new AppError('not-found', 'gone')))).rejects.toThrow('gone');
  await expect(withRetries(optionsOf(waits), () => Promise.reject(new TypeError('a defect')))).rejects.toThrow('a defect');
  expect(waits).toEqual([]);
});

it('ends with its owner', async () => {
  const controller = new AbortController();
  let attempts = 0;
  const attempt = (): Promise<never> => {
    if (++attempts === 3) controller.abort(new Error('enough'));
    return busy();
  };
  await expect(withRetries(optionsOf([], controller.signal), attempt)).rejects.toThrow('enough');
  expect(attempts).toBe(3);
});

it('lets only so many through a gate, and loses no place to those who leave', async () => {
  const gate = new Gate(2);
  const never = new AbortController().signal;
  let inside = 0;
  let peak = 0;
  const work = (): Promise<void> => gate.run(never, async () => {
    peak = Math.max(peak, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  });
  const controller = new AbortController();
  const all = [work(), work(), work()];
  const leaving = gate.run(controller.signal, work);
  controller.abort(new Error('left'));
  await expect(leaving).rejects.toThrow('left');
  await Promise.all([...all, work(), work(), work()]);
  expect(peak).toBe(2);
});
