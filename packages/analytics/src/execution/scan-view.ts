/** What a fragment scans: its own rows of the files, selected by row number, which DuckDB turns into skipped row groups. */
import { quoteIdentifier, quoteText } from '../plan/duckdb/types.ts';
import type { FilePart, ScanTask } from './task.ts';

/** Gives the fragment's SQL the rows of its scans. `named`: as views, since the SQL is a user's and may name them anywhere. */
export function withScans(sql: string, scans: readonly { readonly task: ScanTask; readonly paths: readonly string[] }[], named: boolean): { readonly setup: readonly string[]; readonly sql: string } {
  if (named || scans.length === 0) return { setup: scans.map(({ task, paths }) => `CREATE VIEW ${quoteIdentifier(task.view)} AS ${scanSelect(task, paths)}`), sql };
  const ctes = scans.map(({ task, paths }) => `${task.view} AS NOT MATERIALIZED (${scanSelect(task, paths)})`);
  return { setup: [], sql: `WITH ${ctes.join(', ')} ${sql}` };
}

/** `paths[i]` is where the task's i-th part can be read. */
export function scanSelect(task: ScanTask, paths: readonly string[]): string {
  const list = task.columns.length === 0 ? '1 AS nothing' : task.columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const located = task.parts.map((part, index) => ({ part, path: quoteText(paths[index] ?? part.path) }));
  const whole = located.filter(({ part }) => part.whole);
  const selects = located.filter(({ part }) => !part.whole).map(({ part, path }) =>
    `SELECT ${list} FROM read_parquet(${path}, file_row_number = true, hive_partitioning = false) WHERE ${rowRange(part)}`);
  if (whole.length > 0) selects.push(`SELECT ${list} FROM read_parquet([${whole.map(({ path }) => path).join(', ')}], hive_partitioning = false)`);
  return selects.length > 0 ? selects.join(' UNION ALL ') : noRows(task);
}

const rowRange = (part: FilePart): string => `file_row_number >= ${part.firstRow} AND file_row_number < ${part.firstRow + part.rows}`;

function noRows(task: ScanTask): string {
  const columns = task.columns.map((column) => `CAST(NULL AS ${column.type}) AS ${quoteIdentifier(column.name)}`);
  return `SELECT ${columns.length === 0 ? '1 AS nothing' : columns.join(', ')} WHERE false`;
}
