import { AppError } from '@pappus/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFUSED_STATEMENTS } from '../differential/unusual-statements.ts';
import { openPlannerBench, type PlannerBench } from './testing/planner-bench.ts';

let bench: PlannerBench;
beforeAll(async () => {
  bench = await openPlannerBench();
});
afterAll(() => bench.close());

describe('refuses with a reason', () => {
  it.each(REFUSED_STATEMENTS)('$sql', async ({ sql, reason }) => {
    const refusal = await bench.planner.plan(sql).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).message).toMatch(reason);
  });

  it('syntax errors, with their position', async () => {
    await expect(bench.planner.plan('SELECT id\nFROM people\nWHERE id = = 1')).rejects.toThrow(/LINE 3:[\s\S]*\^/);
  });

  it('EXPLAIN, with a hint to the command for it', async () => {
    await expect(bench.planner.plan('EXPLAIN SELECT 1')).rejects.toMatchObject({ message: expect.stringContaining('EXPLAIN'), hint: expect.stringContaining('pappus explain') });
  });

  it('a PIVOT by values of the data where no data can be read', async () => {
    await expect(bench.planner.plan('PIVOT facts ON flag USING count(*)')).rejects.toMatchObject({ message: expect.stringContaining('PIVOT'), hint: expect.stringContaining('IN (') });
    await expect(bench.planner.plan('PIVOT nowhere ON flag USING count(*)')).rejects.toThrow(/nowhere/);
  });
});

describe('says why a query stays whole', () => {
  it.each([
    ['SELECT * FROM people AS p ASOF JOIN dims AS d ON p.k1 = d.k2 AND p.id > d.id', /ASOF/],
    ['WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r', /RECURSIVE/],
    ['SELECT list_transform(tags, x -> x + 1) FROM nested', /list_transform/],
    ['SELECT * FROM range(3)', /range/],
    ['SELECT id FROM people LIMIT 10%', /LIMIT/],
    ["SELECT '{}'::JSON AS j FROM people", /JSON/],
    ['SELECT * FROM people USING SAMPLE 3', /SAMPLE/],
  ])('%s', async (sql, reason) => {
    expect((await bench.plan(sql, { workers: 3 })).wholeReason).toMatch(reason);
  });
});

describe('the columns of a result', () => {
  it.each([
    'SELECT id, name AS "größe", id FROM people',
    "SELECT info, {'Q u': 1, 'select': 2} AS s FROM nested",
    "SELECT 'a'::ENUM ('a', 'B c') AS e, '{}'::JSON AS j, ['1'::JSON] AS k, MAP {'a': 1} AS m",
    'SELECT sum(price) AS s, avg(price) AS a, count(*) FROM facts',
    'SELECT row(id, name) AS r FROM people',
    'SELECT NULL AS n, [] AS e, 1.50 AS d',
  ])('are named and typed as DuckDB does it: %s', async (sql) => {
    expect((await bench.planner.plan(sql)).columns).toEqual((await bench.single.run(sql)).columns);
  });
});

describe('a whole query', () => {
  const scanned = async (sql: string): Promise<string[]> => ((await bench.plan(sql, { workers: 2 })).stages[0]?.scans ?? []).map((scan) => scan.table).toSorted();

  it('gets the tables that it may name', async () => {
    expect(await scanned('SELECT count(*) FROM "Mixed Case" USING SAMPLE 3')).toEqual(['Mixed Case']);
  });

  it('gets all tables when it asks for what there is', async () => {
    for (const sql of ['SHOW TABLES', 'SELECT table_name FROM information_schema.tables', 'SELECT * FROM duckdb_columns()']) {
      expect(await scanned(sql)).toEqual([...bench.tables.keys()].toSorted());
    }
  });

  it('loses its semicolon and what stands behind', async () => {
    const [stage] = (await bench.plan('SELECT id FROM people LIMIT 10%; -- a tenth', { workers: 2 })).stages;
    expect(stage?.sql).toBe('SELECT id FROM people LIMIT 10%\n');
  });
});
