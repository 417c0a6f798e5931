/**
 * Which files a data set consists of: `lineitem/lineitem-00003-of-00013.parquet`. It depends on the scale factor
 * alone, never on the number of threads, so that an interrupted run can be continued by any other.
 */
import { estimatedRowCount, partRange, unitCount, type UnitRange } from '../generator/scale.ts';
import type { TableName } from '../generator/schema.ts';
import { BATCH_ROWS, MAX_FILES_PER_TABLE } from '../limits.ts';

/** DuckDB's own row group size. */
const ROW_GROUP_ROWS = 122_880;
const ROWS_PER_FILE = 4 * ROW_GROUP_ROWS;
/** A table from this size on has at least so many files, for threads to share. */
const SPLIT_ROWS = 100_000;
const MIN_FILES = 4;
/** A small scale factor still gives each of this many workers a row group of the big tables to scan … */
const WORKERS = 8;
/** … unless the row groups become smaller than this. */
const MIN_ROW_GROUP_ROWS = 8192;

export interface PlannedFile {
  readonly table: TableName;
  /** Relative to the output folder, with `/`. */
  readonly path: string;
  readonly range: UnitRange;
  /** Exact but for lineitem. */
  readonly estimatedRows: number;
  /** A row group has at most so many rows. */
  readonly maxRowGroupRows: number;
}

export function planTable(table: TableName, scaleFactor: number): readonly PlannedFile[] {
  const units = unitCount(table, scaleFactor);
  const rows = estimatedRowCount(table, { first: 0, count: units });
  const files = fileCount(rows);
  const maxRowGroupRows = Math.min(ROW_GROUP_ROWS, Math.max(MIN_ROW_GROUP_ROWS, wholeBatches(rows / WORKERS)));
  return Array.from({ length: files }, (_, part) => {
    const range = partRange(units, part, files);
    const path = `${table}/${table}-${fiveDigits(part)}-of-${fiveDigits(files)}.parquet`;
    return { table, path, range, estimatedRows: estimatedRowCount(table, range), maxRowGroupRows };
  });
}

/** The row group size that divides a file's rows into equal groups of at most `maxRows`. */
export function rowGroupRows(rows: number, maxRows: number): number {
  const groups = Math.max(1, Math.ceil(rows / maxRows));
  return Math.max(BATCH_ROWS, wholeBatches(rows / groups));
}

function fileCount(rows: number): number {
  if (rows < SPLIT_ROWS) return 1;
  return Math.min(MAX_FILES_PER_TABLE, Math.max(MIN_FILES, Math.ceil(rows / ROWS_PER_FILE)));
}

const wholeBatches = (rows: number): number => Math.ceil(rows / BATCH_ROWS) * BATCH_ROWS;
const fiveDigits = (value: number): string => String(value).padStart(5, '0');
