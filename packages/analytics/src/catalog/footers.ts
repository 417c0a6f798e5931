/**
 * Parquet footers, read by DuckDB: schema, row groups, column chunks, statistics. The files are local ones or sparse
 * copies that hold nothing but the footer of an object.
 */
import { AppError, defined, errorMessage } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../plan/duckdb/types.ts';
import type { ColumnChunk, RowGroup } from './table.ts';

export interface SchemaField {
  readonly name: string;
  /** The DuckDB type; null for nested fields, whose type DESCRIBE tells. */
  readonly type: string | null;
  /** All leaves below it, as text: what has to be alike in all files of a table. */
  readonly shape: string;
  /** Numbers of its leaf columns in the file. */
  readonly leaves: readonly number[];
}

export interface LeafStatistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly nulls: number;
  readonly uncompressedBytes: number;
  readonly values: number;
}

export interface Footer {
  readonly path: string;
  readonly rows: number;
  readonly footerBytes: number;
  readonly sizeBytes: number;
  readonly fields: readonly SchemaField[];
  readonly rowGroups: readonly RowGroup[];
  /** Over all row groups, by leaf column. */
  readonly statistics: readonly LeafStatistics[];
}

type Row = readonly unknown[];

/** Reads the footers of all files at once; when one cannot be read the error names it. */
export async function readFooters(connection: DuckDBConnection, paths: readonly string[]): Promise<ReadonlyMap<string, Footer>> {
  const list = `[${paths.map(quoteText).join(', ')}]`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE footer_chunks AS FROM parquet_metadata(${list})`).catch(unreadable);
  const files = await rowsOf(connection, `SELECT file_name, num_rows, footer_size, file_size_bytes FROM parquet_file_metadata(${list})`);
  const schemas = byFile(await rowsOf(connection, `SELECT file_name, name, num_children, duckdb_type, type FROM parquet_schema(${list})`));
  const chunks = byFile(await rowsOf(connection, `SELECT file_name, row_group_id, row_group_num_rows, column_id, coalesce(least(dictionary_page_offset, data_page_offset), data_page_offset), total_compressed_size FROM footer_chunks ORDER BY ALL`));
  const statistics = byFile(await rowsOf(connection, STATISTICS));
  await connection.run('DROP TABLE footer_chunks');
  return new Map(files.map((file) => {
    const path = String(file[0]);
    const fields = topFields(schemas.get(path) ?? []);
    const footer = { path, rows: Number(file[1]), footerBytes: Number(file[2]) + FOOTER_TAIL_BYTES, sizeBytes: Number(file[3]), fields };
    return [path, { ...footer, rowGroups: rowGroups(chunks.get(path) ?? [], fields), statistics: leafStatistics(statistics.get(path) ?? []) }];
  }));
}

/** Length of the footer and magic, behind the footer itself. */
const FOOTER_TAIL_BYTES = 8;

// Dates count as days and timestamps as microseconds, like DuckDB's own constants.
const asNumber = (column: string): string =>
  `coalesce(try_cast(${column} AS DOUBLE), CASE WHEN length(${column}) = 10 THEN date_diff('day', DATE '1970-01-01', try_cast(${column} AS DATE)) ELSE epoch_us(try_cast(${column} AS TIMESTAMP)) END)`;

const STATISTICS = `SELECT file_name, column_id, min(${asNumber('stats_min_value')}), max(${asNumber('stats_max_value')}), sum(stats_null_count), sum(total_uncompressed_size), sum(num_values) FROM footer_chunks GROUP BY ALL ORDER BY ALL`;

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly Row[]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

function unreadable(thrown: unknown): never {
  const message = errorMessage(thrown).split('\n')[0] ?? '';
  throw new AppError('corrupt-data', `cannot read a Parquet file: ${message}`, { cause: thrown, hint: 'Check that the file was written completely, or move it out of the tables folder.' });
}

function byFile(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const files = new Map<string, Row[]>();
  for (const row of rows) {
    const path = String(row[0]);
    const list = files.get(path);
    if (list === undefined) files.set(path, [row]);
    else list.push(row);
  }
  return files;
}

/** The schema lists nodes depth first, each with its number of children; the root comes first. */
function topFields(rows: readonly Row[]): SchemaField[] {
  const fields: SchemaField[] = [];
  let [position, leaf] = [1, 0];
  const walk = (): { readonly shape: string; readonly leaves: readonly number[] } => {
    const [, name, children, duckdbType, physical] = defined(rows[position++], 'schema node');
    if (children === null || Number(children) === 0) return { shape: `${String(name)}:${String(duckdbType ?? physical)}`, leaves: [leaf++] };
    const below = Array.from({ length: Number(children) }, walk);
    return { shape: `${String(name)}(${below.map((child) => child.shape).join()})`, leaves: below.flatMap((child) => child.leaves) };
  };
  while (position < rows.length) {
    const [, name, , duckdbType] = defined(rows[position], 'schema node');
    fields.push({ name: String(name), type: duckdbType === null ? null : String(duckdbType), ...walk() });
  }
  return fields;
}

/** Rows: file, row group, its rows, leaf column, offset, bytes; ordered by row group and column. */
function rowGroups(rows: readonly Row[], fields: readonly SchemaField[]): RowGroup[] {
  const owner = new Map(fields.flatMap((field) => field.leaves.map((leaf) => [leaf, field.name] as const)));
  const drafts = new Map<number, { rows: number; bytes: number; chunks: Map<string, ColumnChunk[]> }>();
  for (const [, group, groupRows, column, offset, bytes] of rows) {
    const draft = drafts.get(Number(group)) ?? { rows: Number(groupRows), bytes: 0, chunks: new Map<string, ColumnChunk[]>() };
    drafts.set(Number(group), draft);
    const name = defined(owner.get(Number(column)), `column ${String(column)}`);
    draft.bytes += Number(bytes);
    draft.chunks.set(name, [...(draft.chunks.get(name) ?? []), { offset: Number(offset), bytes: Number(bytes) }]);
  }
  let firstRow = 0;
  return [...drafts].sort(([a], [b]) => a - b).map(([, draft]) => {
    const rowGroup = { ...draft, firstRow };
    firstRow += draft.rows;
    return rowGroup;
  });
}

function leafStatistics(rows: readonly Row[]): LeafStatistics[] {
  const found: LeafStatistics[] = [];
  for (const [, column, min, max, nulls, bytes, values] of rows) {
    found[Number(column)] = { min: numberOrNull(min), max: numberOrNull(max), nulls: Number(nulls ?? 0), uncompressedBytes: Number(bytes), values: Number(values) };
  }
  return found;
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : typeof value === 'bigint' ? Number(value) : null);
