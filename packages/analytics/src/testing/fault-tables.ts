/** Tables for the tests of failures: big enough that a query lasts, small enough to be made anew by each suite. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export interface FaultTables {
  readonly folder: string;
  /** What one DuckDB process answers, as text. */
  oracle(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  close(): void;
}

/** Every worker scans, joins by hash, groups by hash, and one puts the result in order. */
export const LASTING_QUERY = `
  SELECT d.town, count(*) AS n, sum(f.amount) AS total, max(f.note) AS note
  FROM facts f JOIN dims d ON f.key = d.key
  GROUP BY d.town ORDER BY n DESC, d.town LIMIT 40`;

/** Hash exchanges wherever there is a choice. */
export const ALL_HASHED = { replicateMaxRows: 0, broadcastWeight: 1_000, gatherMaxRows: 0, fragmentMinRows: 0 } as const;

export async function makeFaultTables(folder: string, rows: number): Promise<FaultTables> {
  await mkdir(folder, { recursive: true });
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const facts = `SELECT i AS key, (i * 7919) % 1000 + 0.25 AS amount, md5(i::VARCHAR) AS note FROM range(${rows}) t(i)`;
  const dims = `SELECT i AS key, 'town ' || ((i * 31) % ${Math.max(1, Math.floor(rows / 20))}) AS town FROM range(${rows}) t(i)`;
  for (const [name, sql] of [['facts', facts], ['dims', dims]] as const) {
    const path = join(folder, `${name}.parquet`);
    await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 10000)`);
    await connection.run(`CREATE VIEW ${name} AS FROM '${path}'`);
  }
  return { folder, oracle: (sql) => textRows(connection, sql), close: () => connection.closeSync() };
}

async function textRows(connection: DuckDBConnection, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const reader = await connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`);
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
}
