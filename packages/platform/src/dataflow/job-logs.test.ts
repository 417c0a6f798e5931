import { expect, it } from 'vitest';
import { JobLogs } from './job-logs.ts';
import { MAX_LOG_BYTES } from './limits.ts';

const written = (bytes: number, droppedBytes = 0): { readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly droppedBytes: number } => ({ stdout: new Uint8Array(bytes), stderr: new Uint8Array(0), droppedBytes });

it('keeps logs up to a bound, and says of each function how much more it wrote', () => {
  const logs = new JobLogs();
  logs.add('a', written(10, 3));
  expect(logs.all().map(({ function: name, log }) => [name, log.stdout.length, log.droppedBytes])).toEqual([['a', 10, 3]]);
  logs.add('b', written(MAX_LOG_BYTES));
  logs.add('a', written(100, 7));
  logs.add('b', written(5));
  expect(logs.all().map(({ function: name, log }) => [name, log.stdout.length, log.droppedBytes])).toEqual([['a', 10, 3], ['b', 0, MAX_LOG_BYTES + 5], ['a', 0, 107]]);
});
