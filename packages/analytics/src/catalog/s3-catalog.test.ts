import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom, silentLogger, systemClock } from '@pappus/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requestsSince, type RequestCounts } from '../object-store/request-counts.ts';
import { S3Store } from '../object-store/s3-store.ts';
import { FooterCache } from './footer-cache.ts';
import { openLocalCatalog } from './local-catalog.ts';
import { openS3Catalog, type S3CatalogOptions } from './s3-catalog.ts';
import type { Catalog, Table } from './table.ts';
import { startTestTables, type TestTables } from './testing.ts';

let test: TestTables;
let temp = '';

const ROWS = `SELECT i AS id, (i % 7)::DECIMAL(15,2) AS price, DATE '1994-01-01' + CAST(i % 400 AS INTEGER) AS day, 'text ' || i % 50 AS name, CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS gaps, {'x': i, 'y': [i]} AS nested FROM range(6000) AS t(i)`;

beforeAll(async () => {
  test = await startTestTables();
  temp = join(test.folder, 'temp');
  await mkdir(temp);
  await test.write('data/one.parquet', ROWS, 'ROW_GROUP_SIZE 2048');
  await test.write('data/many/a.parquet', `SELECT * FROM (${ROWS}) LIMIT 100`);
  await test.write('data/many/b.parquet', `SELECT * FROM (${ROWS}) LIMIT 0`);
  await test.write('data/odd ü+&/%41.parquet', 'SELECT 1 AS a');
  await test.write('data/many/deeper/c.parquet', 'SELECT 1 AS ignored');
  await writeFile(join(test.folder, 'data', 'notes.txt'), 'no table');
  await test.upload('data', 'warehouse/');
});
afterEach(() => test.embedded.setFaults([]));
afterAll(async () => {
  expect(await readdir(temp)).toEqual([]);
  await test.stop();
});

const never = new AbortController().signal;
const open = (prefix: string, options: Partial<S3CatalogOptions> = {}): Promise<Catalog> =>
  openS3Catalog({ connection: test.connection, store: test.store, endpoint: 'here', prefix, tempFolder: temp, cache: null, signal: never, ...options });

/** Without what differs by design: where files are and how their versions look. */
const comparable = (table: Table): unknown => ({ ...table, files: table.files.map((file) => ({ ...file, path: file.path.replace(/^.*\//, ''), version: '' })) });

async function counted<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly requests: RequestCounts }> {
  const before = test.store.counts();
  const result = await work();
  return { result, requests: requestsSince(before, test.store.counts()) };
}

const put = async (key: string, bytes: Uint8Array): Promise<void> => void (await test.store.put(key, bytes, never));

describe('a bucket', () => {
  it('has the tables of the same files in a folder', async () => {
    const local = await openLocalCatalog(test.connection, join(test.folder, 'data'));
    for (const prefix of ['warehouse', 'warehouse/']) {
      const remote = await open(prefix);
      expect(remote.kind).toBe('s3');
      expect([...remote.tables.keys()]).toEqual(['many', 'odd ü+&', 'one']);
      expect([...remote.tables.values()].map(comparable)).toEqual([...local.tables.values()].map(comparable));
    }
    expect([...(await open('warehouse')).tables.values()].flatMap((table) => table.files).map((file) => file.path)).toEqual(['warehouse/many/a.parquet', 'warehouse/many/b.parquet', 'warehouse/odd ü+&/%41.parquet', 'warehouse/one.parquet']);
  });

  it('is read by one request for each file, and nothing but the ends of files', async () => {
    await test.write('large/t.parquet', 'SELECT i, hash(i) AS h, hash(i + 1) AS g FROM range(300000) AS t(i)', 'ROW_GROUP_SIZE 100000');
    await test.upload('large', 'large/');
    const { result, requests } = await counted(() => open('large'));
    expect(requests).toMatchObject({ get: 1, list: 1, head: 0, put: 0 });
    expect(result.tables.get('t')?.files[0]?.sizeBytes).toBeGreaterThan(3_000_000);
    expect(requests.bytesIn).toBeLessThan(70_000);
  });

  it('reads a footer that is longer than most with a second request', async () => {
    const columns = Array.from({ length: 500 }, (_, index) => `i + ${index} AS column_${index}`).join(', ');
    const path = await test.write('wide/t.parquet', `SELECT ${columns} FROM range(4096) AS t(i)`, 'ROW_GROUP_SIZE 2048');
    await test.upload('wide', 'wide/');
    const { result, requests } = await counted(() => open('wide'));
    const [file] = result.tables.get('t')?.files ?? [];
    expect(file?.footerBytes).toBeGreaterThan(65_536);
    expect(requests.get).toBe(2);
    expect(requests.bytesIn).toBeLessThan((file?.footerBytes ?? 0) + 1_000);
    expect(result.tables.get('t')?.columns).toHaveLength(500);
    expect(file?.sizeBytes).toBe((await readFile(path)).byteLength);
  });
});

describe('a second run', () => {
  it('asks for nothing but the list, whatever happened to the cache between', async () => {
    const cacheOf = (): FooterCache => new FooterCache({ folder: join(test.folder, 'cache'), random: seededRandom(1), logger: silentLogger });
    const first = await counted(() => open('warehouse', { cache: cacheOf() }));
    expect(first.requests).toMatchObject({ get: 4, list: 1 });
    const second = await counted(() => open('warehouse', { cache: cacheOf() }));
    expect(second.requests).toMatchObject({ get: 0, list: 1 });
    expect(second.result).toEqual(first.result);
    for (const name of (await readdir(join(test.folder, 'cache'))).slice(0, 2)) await writeFile(join(test.folder, 'cache', name), 'damaged');
    const third = await counted(() => open('warehouse', { cache: cacheOf() }));
    expect(third.requests.get).toBe(2);
    expect(third.result).toEqual(first.result);
    await put('warehouse/one.parquet', await readFile(join(test.folder, 'data/many/a.parquet')));
    const fourth = await counted(() => open('warehouse', { cache: cacheOf() }));
    expect(fourth.requests.get).toBe(1);
    expect(fourth.result.tables.get('one')?.rows).toBe(100);
    const elsewhere = await counted(() => open('warehouse', { cache: cacheOf(), endpoint: 'elsewhere' }));
    expect(elsewhere.requests.get).toBe(4);
  });
});

describe('what is wrong with an object is said with its name:', () => {
  const whole = (): Promise<Buffer> => readFile(join(test.folder, 'data/one.parquet'));

  it.each([
    ['cut off at its end', (bytes: Buffer) => bytes.subarray(0, bytes.byteLength - 1_000), /bad\.parquet.*magic bytes/],
    ['without its beginning', (bytes: Buffer) => bytes.subarray(bytes.byteLength >> 1), /bad\.parquet.*columns reach to byte/],
    ['empty', () => Buffer.alloc(0), /bad\.parquet.*0 bytes/],
    ['garbage', () => Buffer.alloc(5_000, 0x5a), /bad\.parquet.*magic bytes/],
    ['a footer that claims too much', () => Buffer.concat([Buffer.alloc(5_000), Buffer.from([0, 0, 0, 0x7f]), Buffer.from('PAR1')]), /bad\.parquet.*claims/],
    ['a garbage footer', (bytes: Buffer) => Buffer.from(bytes).fill(0x77, bytes.byteLength - 300, bytes.byteLength - 8), /s3:\/\/pappus\/bad-\d+\/bad\.parquet/],
  ] as const)('%s', async (_, damage, message) => {
    const prefix = `bad-${String(test.store.counts().put)}`;
    await put(`${prefix}/good.parquet`, await whole());
    await put(`${prefix}/bad.parquet`, damage(await whole()));
    const failure = await open(prefix).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'corrupt-data', message: expect.stringMatching(message), hint: expect.any(String) });
    expect(String(failure)).not.toContain(temp);
  });

  it('different columns in one table', async () => {
    await put('mixed/t/1.parquet', await readFile(join(test.folder, 'data/one.parquet')));
    await put('mixed/t/2.parquet', await readFile(join(test.folder, 'data/odd ü+&/%41.parquet')));
    await expect(open('mixed')).rejects.toMatchObject({ code: 'corrupt-data', message: expect.stringContaining('s3://pappus/mixed/t/2.parquet has (a:INTEGER)') });
  });
});

describe('a store that', () => {
  it('has no such bucket, prefix or table says what to check', async () => {
    const other = new S3Store({ connection: test.embedded.connection, bucket: 'no-such-bucket', clock: systemClock, random: seededRandom(1) });
    await expect(open('x', { store: other })).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('bucket no-such-bucket does not exist'), hint: expect.stringContaining('AWS_ENDPOINT_URL') });
    other.close();
    await expect(open('wareho')).rejects.toMatchObject({ code: 'not-found', message: 'no object in s3://pappus/wareho/', hint: expect.stringContaining('prefix') });
    await expect(open('warehouse/many/deeper/none')).rejects.toMatchObject({ code: 'not-found' });
    await expect(open('warehouse/one.parquet')).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('is a file') });
    await put('notes/a.txt', Buffer.from('text'));
    await expect(open('notes')).rejects.toMatchObject({ code: 'not-found', message: 'no Parquet file in s3://pappus/notes/' });
  });

  it('refuses is named, with the variables to check', async () => {
    await test.embedded.setFaults([{ fault: 'forbidden', kind: 'get', keyPrefix: 'warehouse/many' }]);
    await expect(open('warehouse')).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('s3://pappus/warehouse/many/'), hint: expect.stringContaining('AWS_ACCESS_KEY_ID') });
    await test.embedded.setFaults([{ fault: 'forbidden', kind: 'list' }]);
    await expect(open('warehouse')).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('throttles, fails now and then and cuts answers off is asked again', async () => {
    await test.embedded.setFaults([
      { fault: 'slow-down', kind: 'list', times: 2 },
      { fault: 'slow-down', kind: 'get', times: 3 },
      { fault: 'truncate-body', kind: 'get', times: 2 },
      { fault: 'short-body', kind: 'get', times: 2 },
    ]);
    const { result, requests } = await counted(() => open('warehouse'));
    expect(result.tables.size).toBe(3);
    expect(requests).toMatchObject({ get: 4 + 7, list: 1 + 2, retries: 9 });
  });

  it('loses an object between list and read is named', async () => {
    await test.embedded.setFaults([{ fault: 'not-found', kind: 'get', keyPrefix: 'warehouse/one' }]);
    await expect(open('warehouse')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('s3://pappus/warehouse/one.parquet') });
  });

  it('stalls is left when the owner ends it', async () => {
    await test.embedded.setFaults([{ fault: 'stall', kind: 'get' }]);
    const ended = new AbortController();
    const opening = open('warehouse', { signal: ended.signal });
    setImmediate(() => ended.abort(new Error('the owner')));
    await expect(opening).rejects.toThrow('the owner');
  });
});
