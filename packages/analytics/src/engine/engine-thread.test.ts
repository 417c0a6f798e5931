import { sleep, systemClock } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../exchange/transport.ts';
import type { EngineThread } from './engine-thread.ts';
import type { ColumnType } from './fragment.ts';
import { columnsOf, difference, engineForFile, fragmentOf, io, never, produce, readerOf, store } from './testing.ts';

/** Columns of test_all_types of types that the engine refuses. */
const doNotTravel = 'bit, bignum, geometry';
let engine: EngineThread;

engineForFile((started) => {
  engine = started;
});

async function typesOf(sql: string): Promise<ColumnType[]> {
  const rows = await engine.query(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`);
  return rows.map(([name, type]) => ({ name: name ?? '', type: type ?? '' }));
}

/** Sends a select's rows to another fragment and compares what arrives with what the select gives. */
async function expectRoundTrip(sql: string): Promise<void> {
  const columns = await typesOf(sql);
  const { frames } = await produce(engine, sql, columns, { kind: 'one', consumer: 0 });
  await store(engine, 'got', frames[0] ?? [], columns);
  expect(await difference(engine, `(${sql})`, 'got')).toEqual([]);
  const [counts] = await engine.query(`SELECT (SELECT count(*) FROM (${sql})) = (SELECT count(*) FROM got)`);
  expect(counts).toEqual(['true']);
}

describe('every type arrives as it was sent', () => {
  test('all types that DuckDB has, at their extremes and as NULL', async () => {
    await expectRoundTrip(`SELECT * EXCLUDE (${doNotTravel}) FROM test_all_types()`);
  });

  test('all types in more rows than a block, with NULLs all over', async () => {
    const values = `SELECT row_number() OVER () AS n, * EXCLUDE (${doNotTravel}) FROM test_all_types()`;
    await expectRoundTrip(`SELECT * FROM range(3000) r(i) LEFT JOIN (${values}) ON n = 1 + hash(i) % 5`);
  });

  test.each([
    ['decimals of every width', 'SELECT (i % 900)::DECIMAL(4,1) a, i::DECIMAL(9,2) b, i::DECIMAL(18,4) c, (i * 1000000000000)::DECIMAL(38,10) d FROM range(5000) r(i)'],
    ['strings of every length, empty and NULL ones', "SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE repeat('é', i % 40) END s, i::VARCHAR::BLOB b FROM range(10000) r(i)"],
    ['strings of a megabyte', "SELECT repeat(chr(65 + i::INT), 1000000 + i::INT) s FROM range(5) r(i)"],
    ['lists, empty, NULL and with NULLs', 'SELECT CASE WHEN i % 5 = 0 THEN NULL ELSE list_transform(range(i % 9), x -> CASE WHEN x % 3 = 0 THEN NULL ELSE x + i END) END l FROM range(7000) r(i)'],
    ['lists longer than a block', 'SELECT list_transform(range(i * 1000), x -> CASE WHEN x % 2 = 0 THEN x END) l FROM range(12) r(i)'],
    ['lists of strings longer than a block', "SELECT list_transform(range(i * 1000), x -> CASE WHEN x % 3 > 0 THEN repeat('y', (x % 30)::INT) END) l FROM range(9) r(i)"],
    ['lists of lists of structs', "SELECT list_transform(range(i % 4), x -> list_transform(range(x), y -> {'a': y, 'b': (x + y)::VARCHAR})) l FROM range(6000) r(i)"],
    ['structs with NULL structs', "SELECT CASE WHEN i % 4 = 0 THEN NULL ELSE {'a': i, 'b': {'c': i::VARCHAR, 'd': CASE WHEN i % 3 = 0 THEN NULL ELSE [i] END}} END s FROM range(6000) r(i)"],
    ['maps', "SELECT CASE WHEN i % 6 = 0 THEN NULL ELSE map(range(i % 5), list_transform(range(i % 5), x -> (x * i)::VARCHAR)) END m FROM range(6000) r(i)"],
    ['arrays of fixed size', 'SELECT i, a FROM range(6000) r(i) LEFT JOIN (SELECT j, [j, NULL, j * 2]::BIGINT[3] a FROM range(6000) s(j)) ON i = j AND j % 4 > 0'],
    ['enums', "SELECT (['red', 'green', 'blue'][1 + i % 3])::ENUM('red', 'green', 'blue') e FROM range(6000) r(i)"],
    ['unions', "SELECT CASE WHEN i % 2 = 0 THEN union_value(n := i) ELSE union_value(s := i::VARCHAR)::UNION(n BIGINT, s VARCHAR) END u FROM range(3000) r(i) WHERE i % 2 = 0"],
    ['times, intervals and UUIDs', "SELECT TIMESTAMP '2024-01-01' + to_seconds(i) t, TIME '00:00:01' + to_seconds(i) c, to_months(i::INT) + to_days(3) v, md5(i::VARCHAR)::UUID u, DATE '1992-01-01' + i::INT d FROM range(5000) r(i)"],
    ['dictionary and constant vectors', "SELECT 'constant' c, NULL::INTEGER n, (SELECT [1, 2, 3]) l, s FROM (SELECT 'value ' || (i % 3) s FROM range(9000) r(i)) WHERE s <> 'value 1'"],
    ['no rows', 'SELECT i, i::VARCHAR s, [i] l FROM range(0) r(i)'],
  ])('%s', async (_, sql) => {
    await expectRoundTrip(sql);
  });

  test('two result columns of one name', async () => {
    const columns = columnsOf('INTEGER', 'INTEGER');
    const { frames } = await produce(engine, 'SELECT 1 AS a, 2 AS a', columns, { kind: 'one', consumer: 0 });
    await store(engine, 'got', frames[0] ?? [], columns);
    expect(await engine.query('FROM got')).toEqual([['1', '2']]);
  });

  test('columns get the types of the plan when the SQL gives them others', async () => {
    const columns = columnsOf('BIGINT', 'DECIMAL(15,2)');
    const { frames } = await produce(engine, 'SELECT 1, 2.5, 0', columns, { kind: 'column', column: 2 }, 1);
    await store(engine, 'got', frames[0] ?? [], columns);
    expect(await engine.query('FROM got')).toEqual([['1', '2.50']]);
  });

  test('rows without any column still count', async () => {
    const { frames } = await produce(engine, 'SELECT i FROM range(5000) r(i)', [], { kind: 'one', consumer: 0 });
    const setup = ['CREATE OR REPLACE TABLE memory.main.got AS SELECT count(*) FROM arrived'];
    await engine.run(fragmentOf({ setup, sql: 'SELECT 1', inputs: [{ edge: 2, table: 'arrived', columns: [] }] }), io({ 2: readerOf(frames[0] ?? []) }), never);
    expect(await engine.query('FROM got')).toEqual([['5000']]);
  });

  test('a type that does not travel is refused by name', async () => {
    await expect(produce(engine, "SELECT '101'::BIT", [{ name: 'flags', type: 'BIT' }], { kind: 'one', consumer: 0 })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('column flags: values of type BIT'),
    });
  });
});

describe('routing', () => {
  const columns = columnsOf('BIGINT', 'VARCHAR');
  const sql = 'SELECT i, i::VARCHAR FROM range(50000) r(i)';

  test('by column every row arrives once, at its consumer', async () => {
    const { frames, stats } = await produce(engine, `SELECT *, (hash(i) % 7)::USMALLINT FROM (${sql}) t(i, s)`, columns, { kind: 'column', column: 2 }, 7);
    for (const [consumer, list] of frames.entries()) {
      await store(engine, `part${consumer}`, list, columns);
      expect(await engine.query(`SELECT count(*) FROM part${consumer} WHERE hash(c0) % 7 <> ${consumer}`)).toEqual([['0']]);
    }
    const all = frames.map((_, consumer) => `FROM part${consumer}`).join(' UNION ALL ');
    expect(await difference(engine, `(${sql})`, `(${all})`)).toEqual([]);
    expect(stats.outputs).toEqual([{ edge: 1, rows: 50000, frames: expect.any(Number), bytes: frames.flat().reduce((sum, frame) => sum + frame.byteLength, 0) }]);
  });

  test('to all every consumer gets every row, in a frame of its own', async () => {
    const { frames } = await produce(engine, sql, columns, { kind: 'all' }, 3);
    expect(new Set(frames.flat().map((frame) => frame.buffer)).size).toBe(frames.flat().length);
    for (const list of frames) {
      await store(engine, 'got', list, columns);
      expect(await difference(engine, `(${sql})`, 'got')).toEqual([]);
    }
  });

  test('to one the order of the select is kept', async () => {
    const { frames } = await produce(engine, 'SELECT i, i::VARCHAR FROM range(300000) r(i) ORDER BY hash(i)', columns, { kind: 'one', consumer: 0 });
    await store(engine, 'got', frames[0] ?? [], columns);
    expect(await engine.query('SELECT count(*) FROM (SELECT hash(c0) h, lag(hash(c0)) OVER (ORDER BY rowid) AS before FROM got) WHERE h < before')).toEqual([['0']]);
    expect(await engine.query('SELECT count(*) FROM got')).toEqual([['300000']]);
  });

  test('the order is kept through the casts of the plan', async () => {
    const { frames } = await produce(engine, 'SELECT i::INTEGER, i FROM range(100000) r(i) ORDER BY hash(i)', columns, { kind: 'one', consumer: 0 });
    await store(engine, 'got', frames[0] ?? [], columns);
    expect(await engine.query('SELECT count(*) FROM (SELECT hash(c0) h, lag(hash(c0)) OVER (ORDER BY rowid) AS before FROM got) WHERE h < before')).toEqual([['0']]);
  });

  test('several outputs get the same rows by routings of their own', async () => {
    const got = new Map<number, Frame[]>([[1, []], [5, []]]);
    const writer = (edge: number) => ({ write: async (_: number, frame: Frame) => void got.get(edge)?.push(frame) });
    const outputs = [
      { edge: 1, consumers: 2, routing: { kind: 'column', column: 2 } as const },
      { edge: 5, consumers: 1, routing: { kind: 'one', consumer: 0 } as const },
    ];
    const fragment = fragmentOf({ sql: `SELECT *, (i % 2)::USMALLINT FROM (${sql}) t(i, s)`, columns, outputs });
    await engine.run(fragment, io({}, new Map([[1, writer(1)], [5, writer(5)]])), never);
    for (const frames of got.values()) {
      await store(engine, 'got', frames, columns);
      expect(await difference(engine, `(${sql})`, 'got')).toEqual([]);
    }
  });

  test.each([
    ['to a consumer that does not exist', 'SELECT 1, NULL, 3::USMALLINT', /consumer 3 of 2/],
    ['to NULL', 'SELECT 1, NULL, NULL::USMALLINT', /is NULL in a row/],
  ])('a row that is routed %s is an error', async (_, wrong, message) => {
    await expect(produce(engine, wrong, columns, { kind: 'column', column: 2 }, 2)).rejects.toThrow(message);
  });
});

describe('inputs', () => {
  const columns = columnsOf('BIGINT', 'VARCHAR');

  test('two edges can be joined, and only the columns that are used are decoded', async () => {
    const left = await produce(engine, 'SELECT i, i::VARCHAR FROM range(20000) r(i)', columns, { kind: 'one', consumer: 0 });
    const right = await produce(engine, "SELECT i * 2, 'right ' || i FROM range(20000) r(i)", columns, { kind: 'one', consumer: 0 });
    const setup = ['CREATE OR REPLACE TABLE memory.main.got AS SELECT count(*), sum(l.c0)::VARCHAR, min(r.c1) FROM l JOIN r ON l.c0 = r.c0'];
    const inputs = [
      { edge: 1, table: 'l', columns, estimatedRows: 20000 },
      { edge: 2, table: 'r', columns, estimatedRows: 20000 },
    ];
    const stats = await engine.run(fragmentOf({ setup, sql: 'SELECT 1', inputs }), io({ 1: readerOf(left.frames[0] ?? []), 2: readerOf(right.frames[0] ?? []) }), never);
    expect(await engine.query('FROM got')).toEqual([['10000', '99990000', 'right 0']]);
    expect(stats.inputs.map(({ rows }) => rows)).toEqual([20000, 20000]);
  });

  test('reading an input twice is refused', async () => {
    const fragment = fragmentOf({ sql: 'SELECT 1 FROM t a, t b', inputs: [{ edge: 2, table: 't', columns }] });
    await expect(engine.run(fragment, io({ 2: readerOf([]) }), never)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('reads the input of edge 2 twice') });
  });

  test('frames of other column types are refused', async () => {
    const { frames } = await produce(engine, 'SELECT 1, 2', columnsOf('INTEGER', 'INTEGER'), { kind: 'one', consumer: 0 });
    await expect(store(engine, 'got', frames[0] ?? [], columns)).rejects.toMatchObject({ code: 'protocol' });
  });

  test('a fragment that needs only a few rows ends without reading the rest', async () => {
    const { frames } = await produce(engine, 'SELECT i, i::VARCHAR FROM range(3000) r(i)', columns, { kind: 'one', consumer: 0 });
    const endless = { next: async () => frames[0]?.[0]?.slice() ?? null };
    await engine.run(fragmentOf({ sql: 'SELECT * FROM t LIMIT 5000', inputs: [{ edge: 2, table: 't', columns }] }), io({ 2: endless }), never);
    expect(await engine.query('SELECT 1')).toEqual([['1']]);
  });

  test('an edge that is not read yet holds up no other edge, and stays within its window', async () => {
    const { frames } = await produce(engine, 'SELECT i, i::VARCHAR FROM range(20000) r(i)', columns, { kind: 'one', consumer: 0 });
    const frame = frames[0]?.[0];
    let served = 0;
    const eager = { next: async () => (served < 200 ? (served++, frame?.slice() ?? null) : null) };
    const { promise: late, resolve } = Promise.withResolvers<Frame | null>();
    const lateReader = { next: () => late };
    const setup = ['CREATE OR REPLACE TABLE memory.main.got AS SELECT count(*) FROM late', 'CREATE OR REPLACE TABLE memory.main.got2 AS SELECT count(*) FROM eager'];
    const inputs = [{ edge: 1, table: 'late', columns }, { edge: 2, table: 'eager', columns }];
    const running = engine.run(fragmentOf({ setup, sql: 'SELECT 1', inputs }), io({ 1: lateReader, 2: eager }), never);
    await sleep(systemClock, 200);
    expect(served * (frame?.byteLength ?? 0)).toBeLessThan(6 * 1024 * 1024);
    resolve(null);
    await running;
    expect(served).toBe(200);
    const rows = await engine.query('FROM got2');
    expect(Number(rows[0]?.[0])).toBeGreaterThan(200 * 1000);
  });
});
