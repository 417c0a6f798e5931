import { spawnSync } from 'node:child_process';
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defined } from '@pappus/core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openS3Catalog } from '../catalog/s3-catalog.ts';
import type { Catalog, RowGroup, Table } from '../catalog/table.ts';
import { startTestTables, type TestTables } from '../catalog/testing.ts';
import { requestsSince } from '../object-store/request-counts.ts';
import { mergeSpans, subtractSpans, type FetchLimits } from './fetch-ranges.ts';
import { S3Scans } from './s3-scans.ts';
import { scanSelect } from './scan-view.ts';
import type { FilePart, ScanTask } from './task.ts';

let test: TestTables;
let catalog: Catalog;
const opened: { readonly scans: S3Scans; readonly queries: string[] }[] = [];
const never = new AbortController().signal;
const EXACT: FetchLimits = { gapBytes: 0, requestBytes: 1_000_000 };

beforeAll(async () => {
  test = await startTestTables();
  // `k` has few values: it gets a dictionary and a Bloom filter. `s` is a column of several chunks.
  await test.write('data/t.parquet', `SELECT i AS id, (i * 7919) % 100 AS k, 'value ' || hash(i) AS text, {'a': i % 11, 'b': ['x' || i % 13]} AS s, CASE WHEN i % 2 = 0 THEN i END AS gaps FROM range(40000) AS t(i)`, 'ROW_GROUP_SIZE 8192');
  await test.upload('data', 'data/');
  catalog = await openS3Catalog({ connection: test.connection, store: test.store, endpoint: 'here', prefix: 'data', tempFolder: test.folder, cache: null, signal: never });
});
afterEach(async () => {
  await test.embedded.setFaults([]);
  for (const { scans, queries } of opened.splice(0)) for (const query of queries) await scans.endQuery(query);
  expect(await readdir(copies()).catch(() => [])).toEqual([]);
});
afterAll(() => test.stop());

const copies = (): string => join(test.folder, 'copies');
const table = (): Table => defined(catalog.tables.get('t'), 'table t');

function openScans(limits: FetchLimits = EXACT, memoryBytes = 4_000_000, queries: string[] = ['q1', 'q2']): S3Scans {
  const scans = new S3Scans({ store: test.store, folder: copies(), memoryBytes, limits });
  opened.push({ scans, queries });
  return scans;
}

/** A scan of these columns in the row groups [from, to). */
function scan(columns: readonly string[], from = 0, to = table().files[0]?.rowGroups.length ?? 0): ScanTask & { readonly parts: readonly [FilePart] } {
  const file = defined(table().files[0], 'file');
  const groups: readonly RowGroup[] = file.rowGroups.slice(from, to);
  const part: FilePart = {
    path: file.path,
    version: file.version,
    sizeBytes: file.sizeBytes,
    footerBytes: file.footerBytes,
    firstRow: groups[0]?.firstRow ?? 0,
    rows: groups.reduce((sum, group) => sum + group.rows, 0),
    whole: groups.length === file.rowGroups.length,
    chunks: columns.flatMap((column) => [...groups.flatMap((group) => group.chunks.get(column) ?? []), ...file.rowGroups.flatMap((group) => group.bloomFilters.get(column) ?? [])]),
  };
  return { view: 'v', columns: columns.map((name) => ({ name, type: defined(table().columns.find((column) => column.name === name), name).type })), parts: [part] };
}

it('the table has a Bloom filter, which the tests below depend on', () => {
  expect(table().files[0]?.rowGroups[0]?.bloomFilters.get('k')).toHaveLength(1);
});

const neededBytes = ({ parts: [part] }: ReturnType<typeof scan>): number => part.footerBytes + part.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);

async function fetched<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly gets: number; readonly bytes: number }> {
  const before = test.store.counts();
  const result = await work();
  const { get, bytesIn } = requestsSince(before, test.store.counts());
  return { result, gets: get, bytes: bytesIn };
}

async function rows(sql: string): Promise<readonly unknown[]> {
  return (await test.connection.runAndReadAll(sql)).getRowsJson();
}

/** What a query over the scan's view says, with the copies and with the local file. */
async function both(task: ScanTask, paths: readonly string[], sql: string): Promise<{ readonly copy: readonly unknown[]; readonly local: readonly unknown[] }> {
  const answers = [];
  for (const location of [paths, task.parts.map(() => join(test.folder, 'data/t.parquet'))]) {
    await test.connection.run(`DROP VIEW IF EXISTS v`);
    await test.connection.run(`CREATE VIEW v AS ${scanSelect(task, location)}`);
    answers.push(await rows(sql));
  }
  return { copy: defined(answers[0], 'copy'), local: defined(answers[1], 'local') };
}

/** Puts garbage wherever nothing was fetched. */
async function spoilHoles(path: string, task: ReturnType<typeof scan>): Promise<void> {
  const [part] = task.parts;
  const known = mergeSpans([...part.chunks.map(({ offset, bytes }) => ({ start: offset, end: offset + bytes })), { start: part.sizeBytes - part.footerBytes, end: part.sizeBytes }]);
  const file = await open(path, 'r+');
  for (const { start, end } of subtractSpans([{ start: 4, end: part.sizeBytes }], known)) await file.write(Buffer.alloc(end - start, 0x77), 0, end - start, start);
  await file.close();
}

it.each([
  [['id'], 'SELECT count(*), sum(id) FROM v'],
  [['k'], 'SELECT count(*) FROM v WHERE k = 37'],
  [['k', 'id'], 'SELECT count(*), sum(id) FROM v WHERE k = 1000 OR id IN (5, 10000, 39999)'],
  [['s'], 'SELECT sum(s.a), min(s.b[1]), max(s.b[1]) FROM v'],
  [['gaps', 'text'], 'SELECT count(gaps), min(text), max(text) FROM v'],
  [['id', 'k', 'text', 's', 'gaps'], 'SELECT count(*), sum(CAST(hash(v) AS HUGEINT)) FROM v'],
  [[], 'SELECT count(*) FROM v'],
] as const)('DuckDB needs no byte beside the footer and the chunks of %j', async (columns, sql) => {
  for (const [from, to] of [[0, 5], [1, 3], [4, 5]] as const) {
    const scans = openScans(EXACT, 4_000_000, [`q-${from}`]);
    const task = scan(columns, from, to);
    const { result: paths, bytes } = await fetched(() => scans.paths(task, `q-${from}`, never));
    expect(bytes).toBe(neededBytes(task));
    for (const path of paths) await spoilHoles(path, task);
    const { copy, local } = await both(task, paths, sql);
    expect(copy).toEqual(local);
    expect(copy.length).toBeGreaterThan(0);
    await scans.endQuery(`q-${from}`);
  }
});

it('a scan of a query brings only what the ones before it did not, and sees its own data', async () => {
  const scans = openScans();
  const [ids, keys] = [scan(['id']), scan(['id', 'k'])];
  const first = await fetched(() => scans.paths(ids, 'q1', never));
  expect((await both(ids, first.result, 'SELECT sum(id) FROM v')).copy).toEqual([['799980000']]);
  const second = await fetched(() => scans.paths(keys, 'q1', never));
  expect(second.bytes).toBe(neededBytes(scan(['k'])) - ids.parts[0].footerBytes);
  // DuckDB has read and cached bytes behind the chunks of `id`, where those of `k` are now.
  const { copy, local } = await both(keys, second.result, 'SELECT sum(id), sum(k) FROM v');
  expect(copy).toEqual(local);
  expect((await fetched(() => scans.paths(keys, 'q1', never))).gets).toBe(0);
  expect((await fetched(() => Promise.all([scans.paths(keys, 'q2', never), scans.paths(keys, 'q2', never)]))).bytes).toBe(neededBytes(keys));
});

it('what later scans need is fetched ahead, once, and a failure of that is left to them', async () => {
  const scans = openScans();
  const tasks = [scan(['id']), scan(['k']), scan(['text'])];
  const all = await fetched(async () => {
    scans.ahead(tasks, 'q1', never);
    return scans.paths(defined(tasks[2], 'last scan'), 'q1', never);
  });
  const rest = await fetched(() => Promise.all(tasks.map((task) => scans.paths(task, 'q1', never))));
  expect(all.bytes + rest.bytes).toBe(neededBytes(scan(['id', 'k', 'text'])));
  expect((await both(scan(['id', 'k', 'text']), rest.result.at(-1) ?? [], 'SELECT sum(id), sum(k), max(text) FROM v')).copy).toHaveLength(1);
  await test.embedded.setFaults([{ fault: 'forbidden', kind: 'get' }]);
  scans.ahead(tasks, 'q2', never);
  await expect(scans.paths(defined(tasks[0], 'first scan'), 'q2', never)).rejects.toMatchObject({ code: 'permission-denied' });
});

it('a scan that is ended while another is fetched ahead leaves nothing', async () => {
  await test.embedded.setFaults([{ fault: 'stall', kind: 'get' }]);
  const scans = openScans();
  scans.ahead([scan(['id']), scan(['k'])], 'q1', never);
  await scans.endQuery('q1');
  expect(await readdir(copies())).toEqual([]);
});

it('neighbours are fetched together and large ranges in pieces', async () => {
  const task = scan(['id', 'text']);
  const whole = await fetched(() => openScans({ gapBytes: 10_000_000, requestBytes: 100_000_000 }).paths(task, 'q1', never));
  expect(whole.gets).toBe(1);
  const pieces = await fetched(() => openScans({ gapBytes: 0, requestBytes: 50_000 }).paths(task, 'q2', never));
  expect(pieces.gets).toBeGreaterThanOrEqual(Math.ceil(neededBytes(task) / 50_000));
  expect(pieces.bytes).toBe(neededBytes(task));
  const narrow = await fetched(() => openScans({ gapBytes: 0, requestBytes: 50_000 }, 1, ['q3']).paths(task, 'q3', never));
  expect(narrow.bytes).toBe(neededBytes(task));
});

it('a copy takes the space of what was fetched, and is gone when its query ends', async () => {
  const scans = openScans();
  const [path = ''] = await scans.paths(scan(['k']), 'q1', never);
  const { blocks, size } = await stat(path);
  expect(size).toBe(scan(['k']).parts[0].sizeBytes);
  expect(blocks * 512).toBeLessThan(size / 3);
  await scans.endQuery('q1');
  expect(await readdir(copies())).toEqual([]);
});

it('faults on the way are repaired, and named when they stay', async () => {
  const task = scan(['id', 'text']);
  await test.embedded.setFaults([{ fault: 'slow-down', kind: 'get', times: 3 }, { fault: 'short-body', kind: 'get', times: 2 }, { fault: 'reset-body', kind: 'get', times: 2 }]);
  const { copy, local } = await both(task, await openScans().paths(task, 'q1', never), 'SELECT count(*), sum(CAST(hash(v) AS HUGEINT)) FROM v');
  expect(copy).toEqual(local);
  await test.embedded.setFaults([{ fault: 'forbidden', kind: 'get' }]);
  await expect(openScans().paths(task, 'q2', never)).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('s3://pappus/data/t.parquet') });
});

it('an object that was written or removed since planning is named', async () => {
  const bytes = await readFile(join(test.folder, 'data/t.parquet'));
  const task = scan(['id']);
  const put = (content: Uint8Array): Promise<unknown> => test.store.put('data/t.parquet', content, never);
  try {
    const other = Buffer.from(bytes).fill(1, 100, 200);
    for (const changed of [other, bytes.subarray(0, bytes.byteLength - 1), bytes.subarray(0, 100), Buffer.concat([bytes, bytes])]) {
      await put(changed);
      const scans = openScans();
      await expect(scans.paths(task, 'q1', never)).rejects.toMatchObject({ code: 'corrupt-data', message: expect.stringContaining('s3://pappus/data/t.parquet was written while it was queried'), hint: expect.stringContaining('again') });
      await scans.endQuery('q1');
    }
    await test.store.delete(['data/t.parquet'], never);
    await expect(openScans().paths(task, 'q1', never)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('s3://pappus/data/t.parquet') });
  } finally {
    await put(bytes);
  }
  await openScans().paths(task, 'q2', never);
});

it('a query that ends or is cancelled while it fetches leaves nothing', async () => {
  await test.embedded.setFaults([{ fault: 'stall', kind: 'get' }]);
  const scans = openScans();
  const cancelled = new AbortController();
  const first = scans.paths(scan(['id']), 'q1', cancelled.signal);
  const second = scans.paths(scan(['id', 'k']), 'q2', never);
  const third = scans.paths(scan(['text']), 'q2', never);
  const outcomes = Promise.allSettled([first, second, third]);
  setImmediate(() => cancelled.abort(new Error('the owner')));
  await expect(first).rejects.toThrow('the owner');
  await scans.endQuery('q2');
  expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
  await scans.endQuery('q1');
  expect(await readdir(copies())).toEqual([]);
});

// A disk of 64 KiB in a mount namespace of its own; needs no root where user namespaces are allowed.
const script = (module: string, disk: string, connection: unknown, task: unknown): string => `
  const { S3Scans } = await import(${JSON.stringify(join(module, 'execution/s3-scans.ts'))});
  const { S3Store } = await import(${JSON.stringify(join(module, 'object-store/s3-store.ts'))});
  const { systemClock, systemRandom } = await import('@pappus/core');
  const { readdirSync } = await import('node:fs');
  const store = new S3Store({ connection: ${JSON.stringify(connection)}, bucket: 'pappus', clock: systemClock, random: systemRandom });
  const scans = new S3Scans({ store, folder: ${JSON.stringify(disk)}, memoryBytes: 4000000 });
  const error = await scans.paths(${JSON.stringify(task)}, 'q1', new AbortController().signal).catch((thrown) => thrown);
  await scans.endQuery('q1');
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message, hint: error.hint, left: readdirSync(${JSON.stringify(disk)}) }));
  store.close();`;
const inNamespace = (command: readonly string[], cwd?: string): ReturnType<typeof spawnSync> => spawnSync('unshare', ['--user', '--map-root-user', '--mount', ...command], { encoding: 'utf8', cwd });
const namespaces = inNamespace(['true']).status === 0;

it.skipIf(!namespaces)('a full disk is said, and cleaned up', async () => {
  const disk = join(test.folder, 'small');
  await mkdir(disk);
  const module = pathToFileURL(join(import.meta.dirname, '..')).href.replace('file://', '');
  const node = [process.execPath, '--conditions=source', '--input-type=module', '-e', script(module, disk, test.embedded.connection, scan(['id', 'text']))];
  const result = inNamespace(['sh', '-c', 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"', disk, ...node], import.meta.dirname);
  const error: unknown = JSON.parse(String(result.stdout));
  expect(error).toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining(disk), hint: expect.stringContaining('Free some space'), left: [] });
});
