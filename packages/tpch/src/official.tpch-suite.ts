/** Slow: whole tables against an independent generator, and the official answers at scale factor 1. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '@pappus/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLE_NAMES, TABLES, type TableName } from './generator/schema.ts';
import { createTextPool } from './output/crew.ts';
import { generateTpch } from './output/generate.ts';
import { tblText } from './output/write-tbl.ts';
import { Q01_ANSWER, Q06_ANSWER, SF1_ROWS } from './queries/answers.ts';
import { tpchQueries, tpchQuery } from './queries/catalog.ts';

const ORACLE = 'tpchgen-cli';
const NO_ORACLE = `SKIPPED: ${ORACLE} is not installed (pip install tpchgen-cli), so the tables were NOT compared with an independent generator`;
const hasOracle = spawnSync(ORACLE, ['--version']).status === 0;

let folder: string;
let textPool: Uint8Array<SharedArrayBuffer>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pappus-tpch-suite-'));
  textPool = await createTextPool({ threads: availableParallelism(), clock: systemClock });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function ourDigest(table: TableName, scaleFactor: number): string {
  const hash = createHash('sha256');
  for (const piece of tblText({ table, scaleFactor, textPool })) hash.update(piece);
  return hash.digest('hex');
}

describe.each([0.1, 0.0123])('every byte of scale factor %d', (scaleFactor) => {
  const reference = (): string => join(folder, `reference-${scaleFactor}`);

  beforeAll(() => {
    if (!hasOracle) return void process.stderr.write(`${NO_ORACLE}\n`); // the default reporter hides reasons
    const { status, stderr } = spawnSync(ORACLE, ['tbl', '-s', String(scaleFactor), '-o', reference()], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  });

  it.for(TABLE_NAMES)('is equal to the independent generator: %s', async (table, { skip }) => {
    skip(!hasOracle, NO_ORACLE);
    expect(ourDigest(table, scaleFactor)).toBe(await fileDigest(join(reference(), `${table}.tbl`)));
  });
});

describe('the Parquet files of scale factor 0.1', () => {
  it.each(TABLE_NAMES)('hold the rows of the .tbl text in the same order: %s', async (table) => {
    const outDir = join(folder, 'sf0.1');
    await generateTpch({ scaleFactor: 0.1, outDir, tables: [table], threads: availableParallelism(), clock: systemClock, textPool });
    const columns = TABLES[table].map(({ name }) => `${name === 'l_quantity' ? 'l_quantity::BIGINT' : name}::VARCHAR || '|'`);
    const instance = await DuckDBInstance.create(':memory:');
    const duckdb = await instance.connect();
    const hash = createHash('sha256');
    const result = await duckdb.stream(`SELECT ${columns.join(' || ')} FROM read_parquet('${outDir}/${table}/*.parquet')`);
    for await (const rows of result.yieldRows()) for (const [line] of rows) hash.update(`${String(line)}\n`);
    duckdb.closeSync();
    instance.closeSync();
    expect(hash.digest('hex')).toBe(ourDigest(table, 0.1));
  });
});

describe('scale factor 1', () => {
  let instance: DuckDBInstance;
  let duckdb: DuckDBConnection;

  beforeAll(async () => {
    const outDir = join(folder, 'sf1');
    const { tables } = await generateTpch({ scaleFactor: 1, outDir, threads: availableParallelism(), clock: systemClock }); // makes its own text pool
    instance = await DuckDBInstance.create(':memory:');
    duckdb = await instance.connect();
    for (const { name } of tables) await duckdb.run(`CREATE VIEW ${name} AS FROM read_parquet('${outDir}/${name}/*.parquet')`);
  });
  afterAll(() => {
    duckdb.closeSync();
    instance.closeSync();
  });

  const rows = async (sql: string): Promise<unknown[][]> => (await duckdb.runAndReadAll(sql)).getRowsJS();

  it.each(TABLE_NAMES)('has the rows of the specification: %s', async (table) => {
    expect(await rows(`SELECT count(*)::INTEGER FROM ${table}`)).toEqual([[SF1_ROWS[table]]]);
  });

  it('gives the official answer of query 1, to the cent', async () => {
    const money = ['sum_qty', 'sum_base_price', 'sum_disc_price', 'sum_charge', 'avg_qty', 'avg_price', 'avg_disc'];
    const columns = ['l_returnflag', 'l_linestatus', ...money.map((name) => `${name}::DECIMAL(18, 2)::VARCHAR`), 'count_order::VARCHAR'];
    expect(await rows(`SELECT ${columns.join(', ')} FROM (${tpchQuery(1)})`)).toEqual(Q01_ANSWER);
  });

  it('gives the official answer of query 6, to the cent', async () => {
    expect(await rows(`SELECT revenue::DECIMAL(18, 2)::VARCHAR FROM (${tpchQuery(6)})`)).toEqual([[Q06_ANSWER]]);
  });

  it.each(tpchQueries.map(({ number, validationRows }) => [number, validationRows]))('answers query %d with %d rows', async (number, count) => {
    expect(await rows(tpchQuery(number as number))).toHaveLength(count as number);
  });
});
