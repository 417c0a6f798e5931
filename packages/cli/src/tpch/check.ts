/** Compares an answer with that of one DuckDB process on the same files: the same rows, whatever their order. */
import type { Catalog, ColumnType, QueryResult, TextRow } from '@pappus/analytics';
import { AppError } from '@pappus/core';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export interface Check {
  readonly same: boolean;
  /** The first difference, for people; empty when there is none. */
  readonly difference: string;
  /** DuckDB's own time, with as many threads as there are cores. */
  readonly singleMs: number;
}

const RELATIVE_TOLERANCE = 1e-9;

export class SingleProcess {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(catalog: Catalog): Promise<SingleProcess> {
    if (catalog.kind !== 'file') throw new AppError('unsupported', '--check reads the same files with one DuckDB, so they have to be local');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    for (const [name, table] of catalog.tables) {
      const paths = table.files.map((file) => `'${file.path.replaceAll("'", "''")}'`).join(', ');
      await connection.run(`CREATE VIEW "${name.replaceAll('"', '""')}" AS FROM read_parquet([${paths}], hive_partitioning = false)`);
    }
    return new SingleProcess(connection);
  }

  async check(sql: string, result: QueryResult, rows: readonly TextRow[], nowMs: () => number): Promise<Check> {
    const columns = result.columns.map((_, index) => `c${index}`);
    const startedAt = nowMs();
    const reader = await this.#connection.runAndReadAll(`SELECT ${columns.map((column) => `CAST(${column} AS VARCHAR)`).join(', ')} FROM (${sql}) AS answer(${columns.join(', ')})`);
    const singleMs = nowMs() - startedAt;
    const expected = reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    const difference = differenceOf(expected, rows, result.columns);
    return { same: difference === '', difference, singleMs };
  }

  close(): void {
    this.#connection.closeSync();
  }
}

/** The first row in which two answers differ, as multisets, for people; empty when they are the same. Orders leave ties, so rows are sorted. */
export function differenceOf(expected: readonly TextRow[], actual: readonly TextRow[], columns: readonly ColumnType[]): string {
  const inexact = columns.map((column) => /FLOAT|DOUBLE/.test(column.type));
  if (expected.length !== actual.length) return `${actual.length} rows instead of ${expected.length}`;
  const byText = (rows: readonly TextRow[]): TextRow[] => rows.toSorted((a, b) => (key(a, inexact) < key(b, inexact) ? -1 : 1));
  const [left, right] = [byText(expected), byText(actual)];
  const at = left.findIndex((row, index) => !row.every((value, column) => sameValue(value, right[index]?.[column] ?? null, inexact[column] === true)));
  return at < 0 ? '' : `row ${JSON.stringify(right[at])} instead of ${JSON.stringify(left[at])}`;
}

const SORT_DIGITS = 7;

/** Sorting must not tear apart what only differs in the last digits. */
const key = (row: TextRow, inexact: readonly boolean[]): string => JSON.stringify(row.map((value, column) => (inexact[column] === true && value !== null ? Number(value).toPrecision(SORT_DIGITS) : value)));

function sameValue(left: string | null, right: string | null, inexact: boolean): boolean {
  if (left === right) return true;
  if (!inexact || left === null || right === null) return false;
  const [a, b] = [Number(left), Number(right)];
  return Math.abs(a - b) <= RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
