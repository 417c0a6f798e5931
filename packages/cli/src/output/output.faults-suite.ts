/** Where a result cannot go: missing folders, full disks, readers that leave. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeLastingTables } from '../testing/lasting-tables.ts';
import { eventually, PappusChild, running, runPappus, temporaryFiles } from '../testing/pappus-child.ts';

let root: string;
let folder: string;
let tinyDisk: string | null = null;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-output-'));
  await makeLastingTables(join(root, 'tables'));
  tinyDisk = await mountTinyDisk(join(root, 'tiny'));
});

afterAll(async () => {
  if (tinyDisk !== null) execFileSync('umount', [tinyDisk]);
  await rm(root, { recursive: true, force: true });
});

beforeEach(async () => {
  folder = join(root, `run-${(count += 1)}`);
  await mkdir(folder);
});

/** One MiB; null where this user may not mount. */
async function mountTinyDisk(at: string): Promise<string | null> {
  await mkdir(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'pappus-test', at], { stdio: 'ignore' });
    return at;
  } catch {
    process.stderr.write('SKIPPED: only root can mount the full disk of these tests\n');
    return null;
  }
}

const query = (...args: readonly string[]): readonly string[] => ['query', '-t', join(root, 'tables'), '--workers', '2', ...args];
const ALL_ROWS = 'SELECT key, note FROM facts';
const withRoot = it.skipIf(process.getuid?.() !== 0);

it.each(['csv', 'parquet', 'json', 'table'])('--out in a folder that is not there is refused before any worker starts (%s)', async (format) => {
  const missing = join(folder, 'missing', 'result');
  const ended = await runPappus(query('--format', format, '--out', missing, 'SELECT count(*) FROM facts'), { folder });
  expect(ended.code).toBe(2);
  expect(ended.err).toContain(missing);
  expect(ended.err).toMatch(/no such file or directory|does not exist/i);
  expect(temporaryFiles(folder)).toEqual([]);
});

it('--out that is a folder is refused', async () => {
  const ended = await runPappus(query('--format', 'csv', '--out', root, 'SELECT count(*) FROM facts'), { folder });
  expect(ended.code).toBe(2);
  expect(ended.err).toContain(root);
});

withRoot.each(['csv', 'parquet'])('--out on a full disk names the file and leaves none (%s)', async (format) => {
  const file = join(String(tinyDisk), `result.${format}`);
  const ended = await runPappus(query('--format', format, '--out', file, ALL_ROWS), { folder });
  expect(ended.code).toBe(1);
  expect(ended.err).toContain(file);
  expect(ended.err).toMatch(/disk is full/);
  expect(readdirSync(String(tinyDisk))).toEqual([]);
  expect(temporaryFiles(folder)).toEqual([]);
});

withRoot('tpch generate on a full disk names the folder and ends', async () => {
  const out = join(String(tinyDisk), 'tpch');
  const ended = await runPappus(['tpch', 'generate', '--sf', '0.02', '--out', out], { folder });
  expect(ended.code).toBe(1);
  expect(ended.err).toContain(out);
  expect(ended.err).toMatch(/disk is full|no space left/i);
  await rm(out, { recursive: true, force: true });
});

withRoot('a full disk for temporary files names its folder', async () => {
  const args = query('--worker-memory', '220MB', 'SELECT a.key, a.note, b.note FROM facts a JOIN facts b ON a.key = b.key ORDER BY a.note, b.key LIMIT 300000');
  const child = await PappusChild.start(args, { folder: String(tinyDisk) });
  const ended = await child.ended;
  expect(ended.code).toBe(1);
  expect(ended.err).toMatch(/disk|space|cannot make the working folder/i);
  expect(ended.err).toContain(String(tinyDisk));
  expect(child.files()).toEqual([]);
  await rm(join(String(tinyDisk), 'cache'), { recursive: true, force: true });
  await rm(join(String(tinyDisk), 'node-compile-cache'), { recursive: true, force: true });
});

it('a half-written file goes with a command that is killed', async () => {
  const file = join(folder, 'cache', 'result.csv');
  const child = await PappusChild.start(query('--format', 'csv', '--out', file, 'SELECT key, note, range FROM facts, range(50)'), { folder });
  expect(await eventually(() => existsSync(`${file}.partial`), 60_000), 'the result is being written').not.toBeNull();
  child.process.kill('SIGKILL');
  await child.ended;
  expect(await eventually(() => !existsSync(`${file}.partial`), 3_000), 'the file is removed').not.toBeNull();
  expect(existsSync(file)).toBe(false);
});

it('a reader that leaves after the first line ends the command quietly', async () => {
  const child = await PappusChild.start(query('--format', 'csv', ALL_ROWS), { folder });
  child.process.stdout?.once('data', () => child.process.stdout?.destroy());
  const ended = await child.ended;
  expect(ended.err.replaceAll(/^stage .*$/gm, '').trim()).toBe(''); // on a busy machine it shows progress
  expect(ended.code).toBe(141);
  expect(await eventually(() => running(child.tree()).length === 0 && temporaryFiles(folder).length === 0, 3_000)).not.toBeNull();
});

it('runs without a standard input, and reads an empty one as an empty statement', async () => {
  const closed = await runPappus(query('SELECT count(*) FROM facts'), { folder, stdio: 'closed-input' });
  expect(closed.code).toBe(0);
  const empty = await runPappus(query('-f', '-'), { folder });
  expect(empty.code).toBe(2);
  expect(empty.err).toMatch(/no query|empty|expected one SQL statement/i);
});

it('a file that exists stays as it is when the query fails', async () => {
  const file = join(folder, 'cache', 'kept.csv');
  expect((await runPappus(query('--format', 'csv', '--out', file, 'SELECT 1 AS one'), { folder })).code).toBe(0);
  const failed = await runPappus(query('--format', 'csv', '--out', file, 'SELECT error(note) FROM facts'), { folder });
  expect(failed.code).not.toBe(0);
  expect(existsSync(file)).toBe(true);
  expect(readdirSync(join(folder, 'cache')).filter((name) => name.includes('partial'))).toEqual([]);
});
