/** Parquet files that cannot be read: the session does not open, names the file and the reason, and starts no worker. */
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, silentLogger, systemClock, systemRandom } from '@pappus/core';
import type { Provider } from '@pappus/providers';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Session } from '../session.ts';

let root: string;
let whole: Buffer;
let folder: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-damaged-'));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const path = join(root, 'whole.parquet');
  await connection.run(`COPY (SELECT i AS id, md5(i::VARCHAR) AS note FROM range(20000) t(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 5000)`);
  await connection.run(`COPY (SELECT i::VARCHAR AS id, 1.5 AS price FROM range(10) t(i)) TO '${join(root, 'other.parquet')}' (FORMAT parquet)`);
  connection.closeSync();
  whole = await readFile(path);
});

afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  folder = join(root, `tables-${(count += 1)}`);
  await mkdir(folder);
  await writeFile(join(folder, 'good.parquet'), whole);
});

const noWorkers: Provider = {
  start: () => Promise.reject(new Error('a worker was started')),
  stop: () => Promise.resolve(),
};

async function refusal(): Promise<AppError> {
  const common = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const opening = Session.open({ tables: folder, workers: 2, workerMemoryBytes: 2 ** 29, exchange: 'direct', store: 'none', provider: noWorkers, tempRoot: root, ...common });
  const thrown = await opening.then(async (session) => {
    await session.stop();
    return null;
  }, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

const DAMAGED: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
  ['an empty file', (path) => writeFile(path, ''), /too small|size|magic|empty/i],
  ['garbage', (path) => writeFile(path, Buffer.alloc(10_000, 0x5a)), /magic bytes/i],
  ['text', (path) => writeFile(path, 'id,note\n1,x\n'), /too small|magic/i],
  ['a file cut at its end', async (path) => {
    await writeFile(path, whole);
    await truncate(path, whole.byteLength - 100);
  }, /magic bytes/i],
  ['a file cut in its middle', async (path) => {
    await writeFile(path, whole);
    await truncate(path, Math.floor(whole.byteLength / 2));
  }, /magic bytes/i],
  ['a file whose middle is missing', (path) => writeFile(path, Buffer.concat([whole.subarray(0, 1_000), whole.subarray(-3_000)])), /columns reach to byte/i],
  ['a garbage footer', (path) => writeFile(path, Buffer.from(whole).fill(0x77, whole.byteLength - 300, whole.byteLength - 8)), /./],
];

it.each(DAMAGED)('%s', async (_, damage, reason) => {
  const path = join(folder, 'bad.parquet');
  await damage(path);
  const error = await refusal();
  expect(error.code).toBe('corrupt-data');
  expect(error.message).toContain(path);
  expect(error.message).toMatch(reason);
  expect(error.hint).toContain('written completely');
});

it('files with different columns in one table', async () => {
  const table = join(folder, 'mixed');
  await mkdir(table);
  await writeFile(join(table, 'a.parquet'), whole);
  await writeFile(join(table, 'b.parquet'), await readFile(join(root, 'other.parquet')));
  const error = await refusal();
  expect(error.code).toBe('corrupt-data');
  expect(error.message).toContain('table mixed has files with different schemas');
  expect(error.message).toContain(join(table, 'b.parquet'));
  expect(error.message).toContain('price');
});

const NOBODY = 65_534;

it('a file that this user may not read', async () => {
  const path = join(folder, 'bad.parquet');
  await writeFile(path, whole);
  await chmod(path, 0o000);
  await chmod(root, 0o777);
  const isRoot = process.geteuid?.() === 0; // root may read all
  if (isRoot) process.seteuid?.(NOBODY);
  const error = await refusal().finally(() => isRoot && process.seteuid?.(0));
  expect(error.message).toContain(path);
  expect(error.message).toMatch(/permission denied/i);
});

it('a folder that is not there, and one without tables', async () => {
  await rm(folder, { recursive: true });
  expect(await refusal()).toMatchObject({ code: 'not-found', message: expect.stringContaining(folder) });
  await mkdir(folder);
  expect(await refusal()).toMatchObject({ code: 'not-found', message: expect.stringContaining('no Parquet file') });
});
