/** Statements of every unusual kind on real workers against one DuckDB process, and those that are refused. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClusterEngine, type ClusterEngine } from './cluster-engine.ts';
import { differenceOf } from './oracle.ts';
import type { Rows } from './rows.ts';
import { openSingleProcess, type SingleProcess } from './single-process.ts';
import { createTestTables, type TestTables } from './test-tables.ts';
import { REFUSED_STATEMENTS, UNUSUAL_STATEMENTS } from './unusual-statements.ts';

/** Every table split and every exchange by hash: the farthest from one process that a plan can be. */
const SPREAD = { replicateMaxRows: 0, gatherMaxRows: 0, broadcastWeight: 1e9 };

let data: TestTables;
let single: SingleProcess;
let engine: ClusterEngine;

beforeAll(async () => {
  data = await createTestTables(1);
  single = await openSingleProcess({ tables: data.tables, threads: 1 });
  engine = await openClusterEngine({ tables: data.folder, workers: 3, exchange: 'direct' });
});

afterAll(async () => {
  await engine.stop();
  single.close();
  await data.remove();
});

describe('gives the answer of one DuckDB process to', () => {
  it.each(UNUSUAL_STATEMENTS)('$name', async ({ sql, oracleSql, orderedBy }) => {
    const expected = await single.run(oracleSql ?? sql);
    const { rows } = await engine.answer(sql, SPREAD);
    expect(differenceOf({ kind: 'rows', rows: expected }, { kind: 'rows', rows }, { orderedBy: orderedBy ?? [] })?.text ?? 'the same').toBe('the same');
  });
});

describe('refuses with a reason', () => {
  it.each(REFUSED_STATEMENTS)('$sql', async ({ sql, reason }) => {
    await expect(engine.answer(sql)).rejects.toThrow(reason);
  });
});

/** Parquet has no UNION and DuckDB's JSON of nan is none; the large ones only take long. */
const NOT_IN_A_FILE = /^(?:a UNION type|floats that|grouping by nan|a BLOB, a UUID|1,000|very long|a text of 2 MB)/;
const FORMED = UNUSUAL_STATEMENTS.filter(({ name, oracleSql }) => oracleSql === undefined && !NOT_IN_A_FILE.test(name));

describe('in other forms gives what one DuckDB process writes', () => {
  const text = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

  it.each(FORMED.filter((_, index) => index % 3 === 0))('JSON of $name', async ({ sql }) => {
    const { columns } = await single.run(sql);
    const names = columns.map((_, index) => `v${index}`);
    const objects = await single.run(`SELECT CAST(to_json(answer) AS VARCHAR) FROM (${sql}) AS answer(${names.join(', ')})`);
    const expected = objects.rows.map(([object]) => Object.values(parsed(object ?? null)));
    expect(text((await engine.json(sql)).map((row) => Object.values(row as object)))).toEqual(text(expected));
  });

  it('JSON of nan and inf as texts', async () => {
    const sql = "SELECT * FROM (VALUES (1, 'nan'::DOUBLE, '-inf'::FLOAT), (2, NULL, 1.5), (3, 0.25, 'inf')) AS t(n, d, f)";
    expect(await engine.json(sql)).toEqual([{ n: 1, d: 'nan', f: '-inf' }, { n: 2, d: null, f: 1.5 }, { n: 3, d: 0.25, f: 'inf' }]);
  });

  it.each(FORMED.filter((_, index) => index % 3 === 1))('Parquet of $name', async ({ sql }) => {
    const [ours, theirs] = [join(data.folder, 'ours.result'), join(data.folder, 'theirs.result')];
    await writeFile(ours, await engine.parquet(sql));
    await single.copyToParquet(sql, theirs);
    const read = (path: string): Promise<Rows> => single.run(`SELECT * FROM read_parquet('${path}')`);
    expect(differenceOf({ kind: 'rows', rows: await read(theirs) }, { kind: 'rows', rows: await read(ours) }, { orderedBy: [] })?.text ?? 'the same').toBe('the same');
  });
});

const parsed = (object: string | null): object => JSON.parse(object ?? '{}') as object;
