/** Ctrl-C, TERM, and kill -9 of `pappus query` at random moments: within three seconds nothing of the query is left. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt, seededRandom, sleep, systemClock, systemRandom } from '@pappus/core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ENDLESS_QUERY, makeLastingTables } from './testing/lasting-tables.ts';
import { allListening, described, eventually, listeningSockets, PappusChild, running } from './testing/pappus-child.ts';

const GONE_WITHIN_MS = 3_000;
const WORKERS = '3';
const seed = randomInt(systemRandom, 1, 1_000_000);
const random = seededRandom(seed);
let root: string;
let folder: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-interruption-'));
  await makeLastingTables(join(root, 'tables'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  folder = join(root, `run-${(count += 1)}`);
  await mkdir(folder);
});

const start = (exchange: string, more: readonly string[] = []): Promise<PappusChild> =>
  PappusChild.start(['query', '-t', join(root, 'tables'), '--workers', WORKERS, '--exchange', exchange, ...more, ENDLESS_QUERY], { folder });

const sharedMemory = (): readonly string[] => (existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => /pappus/i.test(name)) : []);

/** What is there before the end, to be looked for after it. */
function census(child: PappusChild): { readonly pids: readonly number[]; readonly sockets: readonly string[] } {
  const pids = child.tree();
  return { pids, sockets: listeningSockets(pids) };
}

async function expectNothingLeft(child: PappusChild, before: ReturnType<typeof census>): Promise<void> {
  const isGone = (): boolean => running(before.pids).length === 0 && child.files().length === 0 && !allListening().some((inode) => before.sockets.includes(inode));
  const goneMs = await eventually(isGone, GONE_WITHIN_MS);
  expect({ processes: running(before.pids).map(described), files: child.files(), goneMs, sharedMemory: sharedMemory() }).toEqual({ processes: [], files: [], goneMs: expect.any(Number), sharedMemory: [] });
}

/** All workers are up and compute. */
const untilRunning = async (child: PappusChild): Promise<void> => {
  expect(await eventually(() => listeningSockets(child.tree()).length >= Number(WORKERS) + 2, 20_000), 'the workers listen').not.toBeNull();
  await sleep(systemClock, 1_000);
};

it.each([
  ['SIGINT', 'direct', 130],
  ['SIGTERM', 'store', 130],
  ['SIGKILL', 'direct', null],
  ['SIGKILL', 'store', null],
] as const)('%s in the middle of a query with the %s exchange leaves nothing', async (signal, exchange, code) => {
  const child = await start(exchange);
  await untilRunning(child);
  const before = census(child);
  expect(before.pids.length).toBeGreaterThanOrEqual(Number(WORKERS) + 1);
  child.process.kill(signal);
  await expectNothingLeft(child, before);
  const ended = await child.ended;
  expect(ended.code).toBe(code);
  if (code !== null) expect(ended.err).toContain(`interrupted by ${signal}`);
});

it.each(Array.from({ length: 6 }, (_, index) => [index, randomInt(random, 0, 2_500)] as const))(`at a random moment (seed ${seed}, number %i, after %i ms)`, async (index, delayMs) => {
  const child = await start(index % 2 === 0 ? 'direct' : 'store', ['--out', join(folder, 'cache', 'result.csv'), '--format', 'csv']);
  await sleep(systemClock, delayMs);
  const before = census(child);
  child.process.kill(index % 3 === 0 ? 'SIGINT' : 'SIGKILL');
  await expectNothingLeft(child, before);
  await child.ended;
  expect(readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('result'))).toEqual([]);
});

it('a second Ctrl-C ends at once, and still nothing is left', async () => {
  const child = await start('store');
  await untilRunning(child);
  const before = census(child);
  child.process.kill('SIGINT');
  child.process.kill('SIGINT');
  await expectNothingLeft(child, before);
  expect((await child.ended).code).toBe(130);
});
