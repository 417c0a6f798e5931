/** What a fragment scans: its own rows of the files, selected by row number, which DuckDB turns into skipped row groups. */
import { quoteIdentifier, quoteText } from '../duckdb/quoting.ts';
import type { FilePart, ScanTask } from './task.ts';

/**
 * Gives the fragment's SQL the rows of its scans. `named`: as views, since the SQL is a user's and may name them
 * anywhere. Else in place of each scan's name, which stands once: DuckDB takes a subquery that reads a CTE of the whole
 * statement for correlated, and cannot flatten it over outer and semi joins.
 */
export function withScans(sql: string, scans: readonly { readonly task: ScanTask; readonly paths: readonly string[] }[], named: boolean): { readonly setup: readonly string[]; readonly sql: string } {
  const selects = new Map(scans.map(({ task, paths }) => [task.view, scanSelect(task, paths)]));
  if (named) return { setup: [...selects].map(([view, select]) => `CREATE VIEW ${quoteIdentifier(view)} AS ${select}`), sql };
  return { setup: [], sql: sql.replace(NAMES, (name) => (selects.has(name) ? `(${selects.get(name)})` : name)) };
}

// Texts and quoted names, which are left alone, and plain names.
const NAMES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\b[a-z_]\w*/gi;

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
