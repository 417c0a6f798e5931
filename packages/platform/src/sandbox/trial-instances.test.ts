import type { Clock } from '@pappus/core';
import { expect, test } from 'vitest';
import type { GuestInstance, InstanceSource } from './guest-instance.ts';
import { MAX_TRIALS, PLAIN_RUNS, RUNS_BETWEEN_TRIALS, TRIAL_RUNS } from './limits.ts';
import { TrialInstances } from './trial-instances.ts';

/** Sources whose runs take a time of their own on a clock that only they move. */
function sources(): { readonly clock: Clock; readonly source: (name: string, runMs: number) => InstanceSource & { rests: boolean }; readonly used: string[] } {
  let nowMs = 0;
  const used: string[] = [];
  const source = (name: string, runMs: number): InstanceSource & { rests: boolean } => ({
    rests: false,
    keptBytes: 1,
    enter() {
      used.push(name);
      return {} as GuestInstance;
    },
    leave: () => void (nowMs += runMs),
    rest() {
      this.rests = true;
    },
    wake: () => {},
  });
  return { clock: { nowMs: () => nowMs, wallMs: () => nowMs, schedule: () => ({ cancel: () => undefined }) }, source, used };
}

function run(trial: TrialInstances, times: number): void {
  for (let time = 0; time < times; time++) {
    trial.enter(0);
    trial.leave();
  }
}

const ALL = PLAIN_RUNS + 2 * TRIAL_RUNS;

test.each([['plain', 0.002, 0.003], ['plain', 0.003, 0.0028], ['marked', 0.003, 0.002]])('%s is kept where plain runs take %f ms and marked ones %f ms', (kept, plainMs, markedMs) => {
  const { clock, source, used } = sources();
  const [plain, marked] = [source('plain', plainMs), source('marked', markedMs)];
  const trial = new TrialInstances(plain, () => marked, clock);
  run(trial, ALL + 10);
  expect(used.slice(0, PLAIN_RUNS)).toEqual(Array.from({ length: PLAIN_RUNS }, () => 'plain'));
  expect(used.slice(PLAIN_RUNS, ALL).filter((name) => name === 'marked')).toHaveLength(TRIAL_RUNS);
  expect(new Set(used.slice(ALL))).toEqual(new Set([kept]));
  expect([plain.rests, marked.rests]).toEqual([kept === 'marked', kept === 'plain']);
});

test('what comes between the end of the guest and that of its run is not the time of the run', () => {
  const { source } = sources();
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => nowMs, schedule: () => ({ cancel: () => undefined }) };
  const marked: string[] = [];
  const of = (name: string): InstanceSource => ({ ...source(name, 0), enter: () => (marked.push(name), {} as GuestInstance), leave: () => void (nowMs += name === 'marked' ? 0.002 : 0.003) });
  const trial = new TrialInstances(of('plain'), () => of('marked'), clock);
  for (let time = 0; time < ALL + 1; time++) {
    trial.enter(0);
    trial.ended();
    nowMs += 0.5;
    trial.leave();
  }
  expect(marked.at(-1)).toBe('marked');
});

test('a choice that a busy machine made wrong is made again, and not for ever', () => {
  let nowMs = 0;
  const used: string[] = [];
  let markedMs = 0.009;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => nowMs, schedule: () => ({ cancel: () => undefined }) };
  const { source } = sources();
  const of = (name: string): InstanceSource => ({ ...source(name, 0), enter: () => (used.push(name), {} as GuestInstance), leave: () => void (nowMs += name === 'marked' ? markedMs : 0.003) });
  const trial = new TrialInstances(of('plain'), () => of('marked'), clock);
  run(trial, ALL + 10);
  expect(used.at(-1)).toBe('plain');
  markedMs = 0.001;
  run(trial, RUNS_BETWEEN_TRIALS + TRIAL_RUNS);
  expect(used.at(-1)).toBe('marked');
  markedMs = 0.009;
  run(trial, 4 * RUNS_BETWEEN_TRIALS + TRIAL_RUNS);
  expect(used.at(-1)).toBe('plain');
  const runs = used.length;
  run(trial, 4 ** MAX_TRIALS * RUNS_BETWEEN_TRIALS);
  const lastMarked = used.lastIndexOf('marked');
  expect(lastMarked - runs).toBeLessThan(16 * RUNS_BETWEEN_TRIALS + TRIAL_RUNS);
  expect(used.at(-1)).toBe('plain');
});

test('a function with long runs, or one that can not be marked, stays plain', () => {
  const { clock, source, used } = sources();
  run(new TrialInstances(source('plain', 2), () => source('marked', 1), clock), ALL + 10);
  run(new TrialInstances(source('plain', 0.001), () => null, clock), ALL + 10);
  expect(new Set(used)).toEqual(new Set(['plain']));
});
