/** The peer: one DuckDB process on the same files, with the settings that it has by itself but for the threads. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/** As `TextRow` of @pappus/analytics, which a bare process need not load. */
type TextRow = readonly (string | null)[];

export class SingleProcess {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** A view for every Parquet file, and every folder of such files, in `folder`. */
  static async open(folder: string, threads: number): Promise<SingleProcess> {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: String(threads) })).connect();
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const pattern = statSync(path).isDirectory() ? join(path, '*.parquet') : path;
      if (pattern.endsWith('.parquet')) await connection.run(`CREATE VIEW "${name.replace(/\.parquet$/, '')}" AS FROM read_parquet('${pattern.replaceAll("'", "''")}', hive_partitioning = false)`);
    }
    return new SingleProcess(connection);
  }

  /** Parses, binds and optimises. */
  async prepare(sql: string): Promise<void> {
    (await this.#connection.prepare(sql)).destroySync();
  }

  /** Runs to the last row; values stay as DuckDB has them, which is cheaper than the text that a session delivers. */
  async run(sql: string): Promise<void> {
    await this.#connection.runAndReadAll(sql);
  }

  async answer(sql: string, columns: number): Promise<readonly TextRow[]> {
    const names = Array.from({ length: columns }, (_, index) => `c${index}`);
    const reader = await this.#connection.runAndReadAll(`SELECT ${names.map((name) => `CAST(${name} AS VARCHAR)`).join(', ')} FROM (${sql}) AS answer(${names.join(', ')})`);
    return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
  }

  close(): void {
    this.#connection.closeSync();
  }
}
