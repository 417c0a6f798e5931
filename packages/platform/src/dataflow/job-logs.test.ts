import { expect, it } from 'vitest';
import { JobLogs } from './job-logs.ts';
import { LOG_ENTRY_BYTES, MAX_LOG_BYTES } from './limits.ts';

const written = (bytes: number, droppedBytes = 0): { readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly droppedBytes: number } => ({ stdout: new Uint8Array(bytes), stderr: new Uint8Array(0), droppedBytes });
const kept = (logs: JobLogs): unknown => logs.all().map(({ function: name, log }) => [name, log.stdout.length, log.droppedBytes]);

it('keeps logs up to a bound, and says of each function how much more it wrote', () => {
  const logs = new JobLogs();
  logs.add('a', written(10, 3));
  expect(kept(logs)).toEqual([['a', 10, 3]]);
  logs.add('b', written(MAX_LOG_BYTES));
  logs.add('a', written(100, 7));
  logs.add('b', written(5));
  const room = MAX_LOG_BYTES - 10 - 2 * LOG_ENTRY_BYTES;
  expect(kept(logs)).toEqual([['a', 10, 3], ['b', room, MAX_LOG_BYTES - room], ['a', 0, 107], ['b', 0, 5]]);
});

it('what is not kept takes no room from what comes after it', () => {
  const logs = new JobLogs();
  logs.add('a', written(MAX_LOG_BYTES - 2 * LOG_ENTRY_BYTES - 13));
  logs.add('b', { stdout: new Uint8Array(0), stderr: Buffer.from('why it failed'), droppedBytes: 0 });
  logs.add('c', written(1));
  expect(logs.all().map(({ log }) => Buffer.from(log.stderr).toString())).toEqual(['', 'why it failed', '']);
  expect(kept(logs)).toEqual([['a', MAX_LOG_BYTES - 2 * LOG_ENTRY_BYTES - 13, 0], ['b', 0, 0], ['c', 0, 1]]);
});
