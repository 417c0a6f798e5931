import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StepLog } from './compute-engine.ts';
import { LastWords } from './last-words.ts';
import { LAST_WORDS_BYTES } from './limits.ts';
import { RunState } from './run-state.ts';

const AT = 20;
const RECORD_BYTES = 12;
const fresh = (): { readonly thread: LastWords; readonly host: LastWords } => {
  const memory = new SharedArrayBuffer(AT + LastWords.BYTES);
  return { thread: new LastWords(memory, AT), host: new LastWords(memory, AT) };
};
const shown = (logs: readonly StepLog[]): unknown => logs.map(({ step, log }) => [step, Buffer.from(log.stdout).toString(), Buffer.from(log.stderr).toString(), log.droppedBytes]);

test('what a task printed is there for the other thread, by step, as long as the task goes on', () => {
  const { thread, host } = fresh();
  expect(host.read()).toEqual([]);
  thread.add(0, 'stdout', Buffer.from('first '));
  thread.add(0, 'stderr', Buffer.from('oh'));
  thread.add(3, 'stdout', Buffer.from('later'));
  thread.add(0, 'stdout', Buffer.from('again'));
  expect(shown(host.read())).toEqual([[0, 'first again', 'oh', 0], [3, 'later', '', 0]]);
  thread.clear();
  expect(host.read()).toEqual([]);
  thread.add(1, 'stdout', Buffer.from('next'));
  expect(shown(host.read())).toEqual([[1, 'next', '', 0]]);
});

test('what is told of a task is never another one\'s', () => {
  const thread = new RunState();
  const host = new RunState(thread.memory);
  thread.beginTask(1);
  thread.beginRun(2, 100);
  thread.printed('stdout', Buffer.from('secret'), 7);
  expect(shown(host.lastWords(1))).toEqual([[2, 'secret', '', 7]]);
  thread.endTask();
  expect(host.lastWords(1)).toEqual([]);
  thread.beginTask(2);
  expect([host.lastWords(1), host.lastWords(2)]).toEqual([[], []]);
});

test('words that are written anew while they are read end the reading', () => {
  const memory = new SharedArrayBuffer(AT + LastWords.BYTES);
  const thread = new LastWords(memory, AT);
  const host = new LastWords(memory, AT);
  thread.add(1, 'stdout', Buffer.from('one'));
  thread.add(1, 'stdout', Buffer.alloc(40, 'x'));
  const words = new Int32Array(memory);
  for (const bytes of [-16, 0, 2 ** 31 - 1, -(2 ** 31)]) {
    words[(AT + 8 + 16 + 8) / 4] = bytes;
    expect(shown(host.read())).toEqual([[1, 'one', '', 0]]);
  }
});

test('the first bytes are kept and the others counted, whatever is printed', () => {
  const print = fc.record({ step: fc.nat(3), stream: fc.constantFrom('stdout' as const, 'stderr' as const), bytes: fc.oneof(fc.nat(20), fc.nat(LAST_WORDS_BYTES + 100)) });
  fc.assert(
    fc.property(fc.array(print, { maxLength: 40 }), (prints) => {
      const { thread, host } = fresh();
      for (const [index, { step, stream, bytes }] of prints.entries()) thread.add(step, stream, Buffer.alloc(bytes, index));
      const logs = host.read();
      const kept = logs.reduce((sum, { log }) => sum + log.stdout.length + log.stderr.length, 0);
      const dropped = logs.reduce((sum, { log }) => sum + log.droppedBytes, 0);
      expect(kept + dropped).toBe(prints.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(kept).toBeLessThanOrEqual(LAST_WORDS_BYTES);
      if (dropped > 0) expect(kept).toBeGreaterThan(LAST_WORDS_BYTES - prints.length * (RECORD_BYTES + 4) - RECORD_BYTES);
      for (const { step, log } of logs) {
        const whole = (stream: 'stdout' | 'stderr'): Buffer => Buffer.concat(prints.map((each, index) => (each.step === step && each.stream === stream ? Buffer.alloc(each.bytes, index) : Buffer.alloc(0))));
        expect(whole('stdout').subarray(0, log.stdout.length).equals(log.stdout)).toBe(true);
        expect(whole('stderr').subarray(0, log.stderr.length).equals(log.stderr)).toBe(true);
      }
    }),
  );
});
