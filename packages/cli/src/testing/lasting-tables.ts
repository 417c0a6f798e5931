/** A table and queries that last as long as a test wants, in every phase. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Scans, two hash exchanges, then minutes of computing. */
export const ENDLESS_QUERY = `
  SELECT a.bucket, max(hash(a.note || b.note)) AS top
  FROM facts a JOIN facts b ON a.bucket = b.bucket
  GROUP BY a.bucket ORDER BY 1 LIMIT 5`;

export async function makeLastingTables(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const rows = `SELECT i AS key, i % 40 AS bucket, md5(i::VARCHAR) AS note FROM range(400000) t(i)`;
  await connection.run(`COPY (${rows}) TO '${join(folder, 'facts.parquet')}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`);
  connection.closeSync();
}
