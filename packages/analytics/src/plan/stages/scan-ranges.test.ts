import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Table } from '../../catalog/table.ts';
import { Planner } from '../planner.ts';
import type { ScanRange } from './scan-ranges.ts';
import { planStages } from './stage-planner.ts';

const statistics = { min: null, max: null, nullFraction: 0, widthBytes: 8, encodedBits: 64 };
const columns = [['i', 'INTEGER'], ['b', 'BIGINT'], ['p', 'DECIMAL(15,2)'], ['d', 'DATE'], ['ts', 'TIMESTAMP'], ['f', 'DOUBLE'], ['s', 'VARCHAR']] as const;
const tableOf = (name: string): Table => ({ name, rows: 1_000_000, columns: columns.map(([column, type]) => ({ name: column, type, statistics })), files: [] });
const tables = new Map(['t', 'u'].map((name) => [name, tableOf(name)]));

let planner: Planner;
let close = (): void => {};
beforeAll(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  close = () => connection.closeSync();
  planner = await Planner.create(connection, [...tables.values()]);
});
afterAll(() => close());

/** The ranges of all scans of a table, in one list. */
async function ranges(sql: string, table = 't'): Promise<readonly ScanRange[]> {
  const plan = await planStages(planner, tables, sql, { workers: 2 });
  expect(plan.wholeReason).toBeNull();
  return plan.stages.flatMap((stage) => stage.scans).filter((scan) => scan.table === table).flatMap((scan) => scan.ranges).toSorted((a, b) => (a.column < b.column ? -1 : 1));
}

it.each([
  ['i < 5', [{ column: 'i', min: null, max: 5 }]],
  ['5 < i', [{ column: 'i', min: 5, max: null }]],
  ['b = -7', [{ column: 'b', min: -7, max: -7 }]],
  ['i IN (3, 9, 5)', [{ column: 'i', min: 3, max: 9 }]],
  ['p <= 0.07', [{ column: 'p', min: null, max: 0.07 }]],
  ["d >= DATE '1970-01-11' AND i > 2", [{ column: 'd', min: 10, max: null }, { column: 'i', min: 2, max: null }]],
  ["ts > TIMESTAMP '1970-01-01 00:00:02'", [{ column: 'ts', min: 2_000_000, max: null }]],
] as const)('%s narrows the scan', async (predicate, expected) => {
  expect(await ranges(`SELECT count(*) FROM t WHERE ${predicate}`)).toEqual(expected);
});

it.each(['f > 3', "s > 'm'", 'i < 5 OR b > 3', 'i <> 5', 'i IS NULL', 'i % 2 < 5', 'NOT (i IN (1, 2))', 'i < b', 'i IS DISTINCT FROM 3', "CAST(s AS INTEGER) = 3"])('%s does not', async (predicate) => {
  expect(await ranges(`SELECT count(*) FROM t WHERE ${predicate}`)).toEqual([]);
});

it('each use of a table has its own ranges, and a filter above anything else has none', async () => {
  expect(await ranges('SELECT count(*) FROM t JOIN u ON t.i = u.i WHERE t.b < 3 AND u.b > 9 AND t.p + u.p > 1')).toEqual([{ column: 'b', min: null, max: 3 }]);
  expect(await ranges('SELECT count(*) FROM t JOIN u ON t.i = u.i WHERE t.b < 3 AND u.b > 9', 'u')).toEqual([{ column: 'b', min: 9, max: null }]);
  expect(await ranges('SELECT i, n FROM (SELECT i, count(*) AS n FROM t GROUP BY i) WHERE n > 5')).toEqual([]);
  expect(await ranges('SELECT count(*) FROM t LEFT JOIN u ON t.i = u.i AND t.b < 3')).toEqual([]);
});
