import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, silentLogger, type LogFields, type Logger } from '@pappus/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FooterCache } from './footer-cache.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-footers-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (maxBytes?: number, logger: Logger = silentLogger): FooterCache =>
  new FooterCache({ folder: join(root, 'cache'), random: seededRandom(7), logger, ...(maxBytes === undefined ? {} : { maxBytes }) });
const footer = (fill: number): Uint8Array => new Uint8Array(10_000).fill(fill);

it('gives back what an earlier run wrote, to the one that asks for the same identity', async () => {
  await open().write('a', footer(1));
  const later = open();
  expect(new Uint8Array((await later.read('a')) ?? [])).toEqual(footer(1));
  expect(await later.read('b')).toBeNull();
  expect(await readdir(join(root, 'cache'))).toHaveLength(1);
});

it('takes any damage for absence, and replaces it', async () => {
  const cache = open();
  await cache.write('a', footer(1));
  const path = join(root, 'cache', (await readdir(join(root, 'cache')))[0] ?? '');
  const whole = await readFile(path);
  const flipped = Buffer.from(whole);
  flipped[5_000] = 9;
  for (const damaged of [flipped, whole.subarray(0, 5_000), whole.subarray(0, 6), Buffer.alloc(0), Buffer.from('no cache entry')]) {
    await writeFile(path, damaged);
    expect(await cache.read('a')).toBeNull();
  }
  await cache.write('a', footer(2));
  expect((await cache.read('a'))?.[0]).toBe(2);
});

it('stays within its bound by removing the oldest, and nothing that is not its own', async () => {
  const cache = open(30_000);
  for (const [age, name] of ['a', 'b', 'c'].entries()) {
    await cache.write(name, footer(age));
    for (const entry of await readdir(join(root, 'cache'))) await utimes(join(root, 'cache', entry), 1_000 + age, 1_000 + age).catch(() => {});
  }
  await writeFile(join(root, 'cache', 'stranger.txt'), 'x'.repeat(100_000));
  await cache.write('d', footer(9));
  await cache.trim();
  expect(await cache.read('d')).not.toBeNull();
  expect(await Promise.all(['a', 'b', 'c'].map((name) => cache.read(name)))).toContain(null);
  expect((await readdir(join(root, 'cache'))).filter((name) => name.endsWith('.footer')).length).toBeLessThanOrEqual(2);
  expect(await readdir(join(root, 'cache'))).toContain('stranger.txt');
});

it('that cannot be written says so once and does no harm', async () => {
  await writeFile(join(root, 'cache'), 'a file in the way');
  const said: LogFields[] = [];
  const cache = open(undefined, { ...silentLogger, log: (_level, _message, fields) => void said.push(fields ?? {}) });
  await Promise.all(['a', 'b', 'c'].map((name) => cache.write(name, footer(1))));
  await cache.write('d', footer(1));
  await cache.trim();
  expect(await cache.read('a')).toBeNull();
  expect(said).toHaveLength(1);
});
