/**
 * Writes one Parquet file: the generator stands behind a DuckDB table function that a COPY statement reads, so rows
 * go from column buffers straight into row groups, at most one of which is in memory.
 */
import { stat } from 'node:fs/promises';
import { BIGINT, DATE, DECIMAL, DuckDBInstance, DuckDBTableFunction, INTEGER, VARCHAR, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import { assert, cancelled } from '@pappus/core';
import type { Batch } from '../generator/columns.ts';
import { TABLES, type ColumnType, type TableName } from '../generator/schema.ts';
import { fillChunk } from './duckdb-chunk.ts';

const DUCKDB_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  BIGINT,
  INTEGER,
  DATE,
  VARCHAR,
  'DECIMAL(15,2)': DECIMAL(15, 2),
};

const SOURCE = 'tpch_source';

interface ParquetJob {
  readonly table: TableName;
  /** Where to write; replaced if it exists. */
  readonly path: string;
  readonly rowGroupRows: number;
  readonly batches: Iterator<Batch>;
  /** Called after each batch with its rows; throws to give up. */
  readonly onBatch: (rows: number) => void;
}

export interface ParquetWriter {
  write(job: ParquetJob): Promise<{ readonly rows: number; readonly bytes: number }>;
  close(): void;
}

interface Run {
  readonly job: ParquetJob;
  rows: number;
  error: unknown;
}

export async function createParquetWriter(): Promise<ParquetWriter> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB', temp_directory: '' });
  const connection = await instance.connect();
  let current: Run | null = null;
  for (const table of Object.keys(TABLES) as TableName[]) registerSource(connection, table, () => current);
  return {
    async write(job) {
      assert(current === null, 'a Parquet writer writes one file at a time');
      const run: Run = { job, rows: 0, error: null };
      current = run;
      try {
        await connection.run(copyStatement(job));
      } catch (error) {
        throw run.error ?? error;
      } finally {
        current = null;
      }
      return { rows: run.rows, bytes: (await stat(job.path)).size };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function copyStatement({ table, path, rowGroupRows }: ParquetJob): string {
  const options = `FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows}, USE_TMP_FILE false`;
  return `COPY (SELECT * FROM ${SOURCE}_${table}()) TO '${path.replaceAll("'", "''")}' (${options})`;
}

function registerSource(connection: DuckDBConnection, table: TableName, current: () => Run | null): void {
  const source = DuckDBTableFunction.create({
    name: `${SOURCE}_${table}`,
    bindFunction: (bind) => {
      for (const { name, type } of TABLES[table]) bind.addResultColumn(name, DUCKDB_TYPES[type]);
    },
    initFunction: (init) => init.setMaxThreads(1),
    mainFunction: (info, output) => {
      const run = current();
      try {
        if (run === null) throw cancelled('writing Parquet');
        const next = run.job.batches.next();
        if (next.done === true) {
          output.rowCount = 0;
          return;
        }
        fillChunk(output.chunk, next.value);
        run.rows += next.value.rows;
        run.job.onBatch(next.value.rows);
      } catch (error) {
        if (run !== null) run.error = error;
        info.setError(String(error));
      }
    },
  });
  connection.registerTableFunction(source);
}
