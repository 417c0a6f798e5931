import { expect, test } from 'vitest';
import { RunFailed } from '../run-end.ts';
import { readStdio, type Stdio } from './stdio-set.ts';

const read = (name: string, text: string): Stdio => readStdio({ name: 'stdio', items: [{ name, key: 0, data: Buffer.from(text) }] }, {});

function refusal(name: string, text: string): unknown {
  try {
    return read(name, text);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RunFailed);
    return (thrown as RunFailed).failure;
  }
}

test('entries end with a NUL, and the last one may do without', () => {
  expect(read('argv', 'one\0two').args.map(String)).toEqual(['function\0', 'one\0', 'two\0']);
  expect(read('environment', 'A=1\0B=\0').environment.map(String)).toEqual(['A=1\0', 'B=\0']);
});

test('more than there may be are refused before they are made', () => {
  const startedMs = performance.now();
  expect(refusal('argv', '\0'.repeat(65_537))).toEqual({ kind: 'limit', limit: 'memory', message: 'argv has 65537 entries: at most 65536 are allowed' });
  expect(refusal('environment', '\0'.repeat(1_048_576))).toMatchObject({ message: 'environment has 1048576 entries: at most 65536 are allowed' });
  expect(refusal('environment', 'x'.repeat(1_048_577))).toMatchObject({ message: 'environment has 1048577 bytes: at most 1048576 are allowed' });
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect(read('argv', 'a\0'.repeat(1_000)).args).toHaveLength(1_001);
});
