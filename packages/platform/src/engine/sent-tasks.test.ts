import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TASKS_PER_THREAD } from './limits.ts';
import { RunState } from './run-state.ts';
import { SentTasks } from './sent-tasks.ts';
import { WaitingLine } from './waiting-line.ts';

describe('sent tasks', () => {
  test('are a map in the order of sending, answered in that order', () => {
    const anyStep = fc.oneof(fc.constant('add' as const), fc.constant('answer' as const), fc.nat(MAX_TASKS_PER_THREAD));
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 1_000 }), (steps) => {
      const sent = new SentTasks<string>();
      const model = new Map<number, string>();
      let [last, answered] = [0, 0];
      for (const step of steps) {
        if (step === 'add' && sent.hasRoom) {
          last += 1;
          expect(sent.add(`task ${last}`)).toBe(last);
          model.set(last, `task ${last}`);
        } else if (step === 'answer' && answered < last) {
          answered += 1;
          expect([sent.isNext(answered), sent.isNext(answered + 1), sent.get(answered)]).toEqual([true, false, model.get(answered) ?? null]);
          sent.answered(answered);
          model.delete(answered);
        } else if (typeof step === 'number') {
          const id = [...model.keys()][step] ?? last + step;
          sent.takeBack(id);
          model.delete(id);
          expect(sent.get(id)).toBeNull();
        }
        expect([sent.size, sent.lastId]).toEqual([model.size, last]);
        expect(sent.hasRoom).toBe(model.size < MAX_TASKS_PER_THREAD && last - answered < 2 * MAX_TASKS_PER_THREAD);
      }
      expect(sent.entries()).toEqual([...model]);
    }));
  });

  test('nothing is answered that was not sent, or twice', () => {
    const sent = new SentTasks<string>();
    expect([0, 1].map((id) => sent.isNext(id))).toEqual([false, false]);
    const id = sent.add('a');
    sent.answered(id);
    expect([id, id + 1].map((each) => sent.isNext(each))).toEqual([false, false]);
  });

  test('those that were taken back count until they are answered', () => {
    const sent = new SentTasks<number>();
    for (let round = 0; round < 2; round++) {
      for (let task = 0; task < MAX_TASKS_PER_THREAD; task++) sent.add(task);
      expect(sent.hasRoom).toBe(false);
      for (const [id] of sent.entries()) sent.takeBack(id);
    }
    expect([sent.size, sent.hasRoom]).toEqual([0, false]);
    sent.answered(1);
    expect(sent.hasRoom).toBe(true);
  });
});

describe('the waiting line', () => {
  test('is an array', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('push', 'unshift', 'shift', 'shift'), { maxLength: 500 }), (steps) => {
      const line = new WaitingLine<{ readonly number: number }>();
      const model: { readonly number: number }[] = [];
      steps.forEach((step, number) => {
        if (step === 'shift') expect(line.shift()).toBe(model.shift() ?? null);
        else {
          const item = { number };
          line[step](item);
          model[step](item);
        }
        expect([line.size, line.first()]).toEqual([model.length, model[0] ?? null]);
      });
      expect(line.takeAll()).toEqual(model);
      expect(line.size).toBe(0);
    }));
  });
});

describe('what a thread shares with the main thread', () => {
  test('a recall stops what has not begun, and nothing after it', () => {
    const state = new RunState();
    expect([1, 2, 3].map((task) => state.beginTask(task))).toEqual([true, true, true]);
    expect(state.recall(6)).toBe(3);
    expect([4, 5, 6, 7].map((task) => state.beginTask(task))).toEqual([false, false, false, true]);
    state.endTask();
    expect(state.recall(9)).toBe(0);
  });

  test('ids may go around', () => {
    const state = new RunState();
    for (const task of [0xffff_ffff, 1, 2]) expect(state.beginTask(task)).toBe(true);
    expect(state.recall(0xffff_ffff)).toBe(2);
    expect(state.beginTask(0xffff_fffe)).toBe(false);
    expect(state.beginTask(3)).toBe(true);
  });

  test('each run is another one, and none has a limit between tasks', () => {
    const state = new RunState();
    state.beginTask(1);
    state.beginRun(0, 100);
    const first = state.now();
    state.beginRun(0, 100);
    expect(first).toMatchObject({ task: 1, limitMs: 100 });
    expect(state.now().runs).not.toBe(first.runs);
    state.endTask();
    expect(state.now()).toMatchObject({ task: 0, limitMs: 0 });
  });
});
