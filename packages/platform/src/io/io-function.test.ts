import { expect, test } from 'vitest';
import { context } from './testing/http-servers.ts';
import { concurrentMap } from './concurrent-map.ts';
import { ioTable, type IoFunction } from './io-function.ts';

function named(name: string, onStop: () => void = () => {}): IoFunction {
  return { name, signature: { inputs: ['i'], outputs: ['o'] }, run: async () => ({ kind: 'done', outputs: [] }), stop: async () => onStop() };
}

test('a table finds by name, refuses two of one name, and stops all', async () => {
  let stopped = 0;
  const table = ioTable([named('A', () => stopped++), named('B', () => stopped++)]);
  expect([table.get('B')?.name, table.get('C')]).toEqual(['B', null]);
  await table.stop();
  expect(stopped).toBe(2);
  expect(() => ioTable([named('A'), named('A')])).toThrow('two I/O functions have the name A');
});

test('items are worked on a few at a time, and the results keep their order', async () => {
  let now = 0;
  let most = 0;
  const results = await concurrentMap([5, 1, 4, 2, 3], 2, context().signal, async (value) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => void setTimeout(resolve, value));
    now--;
    return value * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('the first failure ends the others, and is what is thrown', async () => {
  const ended: number[] = [];
  const work = concurrentMap([0, 1, 2, 3], 3, context().signal, async (value, _, signal) => {
    if (value === 1) throw new Error('one');
    await new Promise<void>((resolve) => void signal.addEventListener('abort', () => resolve()));
    ended.push(value);
    throw new Error('another');
  });
  await expect(work).rejects.toThrow('one');
  expect(ended).toEqual([0, 2]);
});
