import { Cancellation, type CancelSignal } from '@pappus/core';
import { expect, it } from 'vitest';
import type { SegmentResult } from './compute-engine.ts';
import { SegmentJob, type Loss } from './job.ts';
import { SegmentPlan } from './segment-plans.ts';
import { oneStep, taskOf } from './testing/fake-functions.ts';

const LOSS: Loss = { cause: 'engine-lost', step: 0, ranUs: 0, message: 'it is gone', logs: [] };
const DONE: SegmentResult = { kind: 'done', outputs: [], ran: [true], spans: [], logs: [], busyUs: 7 };

function begun(): { readonly job: SegmentJob; readonly caller: Cancellation; readonly ends: readonly unknown[] } {
  const caller = new Cancellation();
  const ends: unknown[] = [];
  const note = (end: unknown): void => void ends.push(end);
  const segment = oneStep('echo');
  const job = new SegmentJob(taskOf(segment), new SegmentPlan(segment, []), { signal: caller as CancelSignal, onAbort: () => {}, resolve: note, reject: note });
  return { job, caller, ends };
}

it('who leaves before a thread has the task hears of it at once', () => {
  const { job, caller, ends } = begun();
  caller.abort('left');
  expect([ends, job.settled]).toEqual([['left'], true]);
});

it('else when the thread gives its result', () => {
  const { job, caller, ends } = begun();
  job.onThread = true;
  caller.abort('left');
  expect([ends, job.isForsaken]).toEqual([[], true]);
  job.resolve(DONE);
  job.takenBack();
  expect(ends).toEqual([DONE]);
});

it('or gives the task back', () => {
  const { job, caller, ends } = begun();
  job.onThread = true;
  job.takenBack();
  expect(ends).toEqual([]);
  job.onThread = true;
  caller.abort('left');
  job.takenBack();
  expect(ends).toEqual(['left']);
});

it('or is lost: the task is not tried again, and tells what it took', () => {
  const { job, caller, ends } = begun();
  job.onThread = true;
  job.spentUs = 5_000;
  expect(job.lost(LOSS)).toBe(false);
  caller.abort('left');
  job.spentUs += 6_000;
  expect(job.lost(LOSS)).toBe(true);
  expect(ends).toMatchObject([{ kind: 'failed', failure: { kind: 'engine-lost', attempts: 2 }, busyUs: 11_000 }]);
});
