/** One DuckDB in this process over the test tables: what a distributed answer is compared with. */
import { DuckDBInstance } from '@duckdb/node-api';
import { assert, errorMessage } from '@pappus/core';
import type { WrittenTable } from './random-data.ts';
import type { Answer, Rows } from './rows.ts';
import { quoteName, quoteText } from './sql-printer.ts';

export interface SingleProcessOptions {
  readonly tables: readonly WrittenTable[];
  readonly threads: number;
  /** DuckDB's setting; false lets rows come in any order where no ORDER BY says one. */
  readonly preserveInsertionOrder?: boolean;
}

export interface SingleProcess {
  run(sql: string): Promise<Rows>;
  answer(sql: string): Promise<Answer>;
  copyToParquet(sql: string, path: string): Promise<void>;
  close(): void;
}

export async function openSingleProcess(options: SingleProcessOptions): Promise<SingleProcess> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    preserve_insertion_order: String(options.preserveInsertionOrder ?? true),
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    for (const { name, path } of options.tables) {
      await connection.run(`CREATE VIEW ${quoteName(name)} AS FROM read_parquet(${quoteText(path)})`);
    }
  } catch (error) {
    close();
    throw error;
  }

  async function run(sql: string): Promise<Rows> {
    const described = await connection.runAndReadAll(`DESCRIBE ${sql}`);
    const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    const names = columns.map((_, index) => `v${index}`);
    const casts = names.map((name) => `${name}::VARCHAR`);
    const answer = await connection.runAndReadAll(`SELECT ${casts.join(', ')} FROM (${sql}) AS answer(${names.join(', ')})`);
    return { columns, rows: answer.getRows().map((row) => row.map(textCell)) };
  }

  return {
    run,
    async answer(sql) {
      try {
        return { kind: 'rows', rows: await run(sql) };
      } catch (error) {
        return { kind: 'error', message: errorMessage(error) };
      }
    },
    async copyToParquet(sql, path) {
      await connection.run(`COPY (${sql}) TO ${quoteText(path)} (FORMAT parquet)`);
    },
    close,
  };
}

function textCell(value: unknown): string | null {
  assert(value === null || typeof value === 'string', 'DuckDB returns a VARCHAR as a string');
  return value;
}
