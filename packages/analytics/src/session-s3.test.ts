import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '@pappus/core';
import { createProcessProvider, type Provider } from '@pappus/providers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestTables, type TestTables } from './catalog/testing.ts';
import type { TextRow } from './execution/text-frame.ts';
import { Session, type QueryResult } from './session.ts';

let test: TestTables;
let provider: Provider & { stop(): Promise<void> };
let session: Session;
let factBytes = 0;

const never = new AbortController().signal;

const open = (options: Partial<Parameters<typeof Session.open>[0]> = {}): Promise<Session> =>
  Session.open({
    tables: `s3://${test.embedded.bucket}/shop`,
    tablesConnection: test.embedded.connection,
    cacheFolder: join(test.folder, 'cache'),
    workers: 2,
    workerMemoryBytes: 512 * 1024 * 1024,
    exchange: 'direct',
    provider,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    store: 'none',
    tempRoot: join(test.folder, 'temp'),
    ...options,
  });

beforeAll(async () => {
  test = await startTestTables();
  await mkdir(join(test.folder, 'temp'));
  const path = await test.write('shop/sale.parquet', `SELECT i AS id, i % 1000 AS shop, hash(i) AS noise, hash(i + 1) AS more_noise, (i % 977)::DECIMAL(15,2) AS price, 'note ' || hash(i) AS note FROM range(200000) AS t(i)`, 'ROW_GROUP_SIZE 20480');
  factBytes = (await stat(path)).size;
  for (const part of [0, 1, 2]) await test.write(`shop/shop/${part}.parquet`, `SELECT i AS id, 'shop ' || i AS name, i % 7 AS region FROM range(${part * 400}, ${part * 400 + 400}) AS t(i)`);
  await test.upload('shop', 'shop/');
  provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: join(test.folder, 'temp'), nodeArgs: ['--conditions=source'] });
  session = await open();
  await test.connection.run(`CREATE VIEW sale AS FROM '${path}'; CREATE VIEW shop AS FROM '${join(test.folder, 'shop/shop/*.parquet')}'`);
});
afterAll(async () => {
  await session.stop();
  await provider.stop();
  expect(await readdir(join(test.folder, 'temp'))).toEqual([]);
  await test.stop();
});

async function query(sql: string, on: Session = session): Promise<QueryResult & { readonly rows: readonly TextRow[] }> {
  const rows: TextRow[] = [];
  const result = await on.query(sql, { form: 'text', signal: never, onRows: (more) => void rows.push(...more) });
  return { ...result, rows };
}

async function expected(sql: string): Promise<readonly unknown[]> {
  return (await test.connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`)).getRows();
}

it('counts what opening took in the bill of the first query, and fetches the chunks of one column', async () => {
  const sql = 'SELECT count(*), sum(price) FROM sale';
  const { rows, requests, bill } = await query(sql);
  expect(rows).toEqual(await expected(sql));
  expect(requests).toMatchObject({ list: 1, put: 0, head: 0 });
  expect(requests.get - requests.hedges).toBeGreaterThanOrEqual(4 + 2);
  expect(requests.bytesIn).toBeLessThan(factBytes / 3);
  expect(bill.lines.map((line) => line.item)).toContain('get');
  const again = await query(sql);
  expect(again.rows).toEqual(rows);
  expect(again.requests.list).toBe(0);
  expect(again.requests.bytesIn).toBeLessThan(factBytes / 10);
});

it.each([
  'SELECT region, count(*) AS n, sum(price) AS total, max(note) AS last FROM sale JOIN shop ON sale.shop = shop.id GROUP BY region ORDER BY region',
  'SELECT s.name, count(*) AS n FROM sale JOIN shop AS s ON sale.shop = s.id WHERE s.region = 3 AND sale.price > 970 GROUP BY s.name ORDER BY n DESC, s.name LIMIT 10',
  'SELECT a.id, b.price FROM sale AS a JOIN sale AS b ON a.id = b.id + 1 WHERE a.shop = 999 ORDER BY a.id LIMIT 20',
  'SELECT name FROM shop WHERE id NOT IN (SELECT shop FROM sale WHERE price > 5) ORDER BY name',
  'WITH RECURSIVE r AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT r.i, s.name FROM r JOIN shop AS s ON s.id = r.i ORDER BY r.i',
])('gives the rows that DuckDB gives on the local files: %s', async (sql) => {
  const { rows } = await query(sql);
  expect(rows).toEqual(await expected(sql));
  expect(rows.length).toBeGreaterThan(0);
});

it('leaves out row groups that a filter excludes', async () => {
  const all = await query('SELECT sum(noise % 10), count(*) FROM sale');
  const sql = 'SELECT sum(noise % 10), count(*) FROM sale WHERE id BETWEEN 50000 AND 55000';
  const some = await query(sql);
  expect(some.rows).toEqual(await expected(sql));
  expect(some.requests.bytesIn).toBeLessThan(all.requests.bytesIn / 4);
  const nothing = await query('SELECT sum(noise % 10), count(*) FROM sale WHERE id < -1');
  expect(nothing.rows).toEqual([[null, '0']]);
  expect(nothing.requests.get).toBe(0);
});

it('opens a second time by one list', async () => {
  const second = await open();
  try {
    const before = (await test.embedded.stats()).requests;
    const third = await open();
    await third.stop();
    const after = (await test.embedded.stats()).requests;
    expect({ get: after.get - before.get, list: after.list - before.list }).toEqual({ get: 0, list: 1 });
  } finally {
    await second.stop();
  }
});

it('says that a table was written between planning and scan, and reads the new one when opened again', async () => {
  const key = 'shop/shop/1.parquet';
  const bytes = await readFile(join(test.folder, key));
  await test.write('other.parquet', `SELECT i AS id, 'new ' || i AS name, i % 7 AS region FROM range(400, 800) AS t(i)`);
  try {
    await test.store.put(key, await readFile(join(test.folder, 'other.parquet')), never);
    await expect(query('SELECT min(name) FROM shop')).rejects.toMatchObject({ code: 'corrupt-data', message: expect.stringContaining('s3://pappus/shop/shop/1.parquet was written while it was queried') });
    const fresh = await open();
    expect((await query('SELECT min(name) FROM shop', fresh)).rows).toEqual([['new 400']]);
    await fresh.stop();
  } finally {
    await test.store.put(key, bytes, never);
  }
});

it('needs a connection for s3, and leaves nothing when it cannot open', async () => {
  const { tablesConnection: _, ...without } = { tablesConnection: 0, tables: 's3://pappus/nowhere' };
  await expect(open(without)).rejects.toMatchObject({ code: 'not-found' });
  await expect(open({ tables: 's3://UPPER/x' })).rejects.toMatchObject({ code: 'invalid-argument' });
});
