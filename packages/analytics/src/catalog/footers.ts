/**
 * Parquet footers, read by DuckDB: schema, row groups, column chunks, statistics. The files are local ones or sparse
 * copies that hold nothing but the footer of an object.
 */
import { AppError, defined, errorMessage } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../duckdb/quoting.ts';
import type { ColumnChunk, RowGroup, ValueRange } from './table.ts';
import { valueRange } from './value-range.ts';

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

/** Reads the footers of all files at once. Files are paths with the names that errors give them. */
export async function readFooters(connection: DuckDBConnection, labels: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Footer>> {
  if (labels.size === 0) return new Map();
  const list = `[${[...labels.keys()].map(quoteText).join(', ')}]`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE footer_chunks AS FROM parquet_metadata(${list})`).catch(async (thrown: unknown) => Promise.reject(await unreadable(connection, labels, thrown)));
  const files = await rowsOf(connection, `SELECT file_name, num_rows, footer_size, file_size_bytes FROM parquet_file_metadata(${list})`);
  const schemas = byFile(await rowsOf(connection, `SELECT file_name, name, num_children, duckdb_type, type FROM parquet_schema(${list})`));
  const chunks = byFile(await rowsOf(connection, `SELECT ${CHUNK} FROM footer_chunks ORDER BY ALL`));
  const statistics = byFile(await rowsOf(connection, STATISTICS));
  await connection.run('DROP TABLE footer_chunks');
  return new Map(files.map((file) => {
    const path = String(file[0]);
    const fields = topFields(schemas.get(path) ?? []);
    const footer = { path, rows: Number(file[1]), footerBytes: Number(file[2]) + FOOTER_TAIL_BYTES, sizeBytes: Number(file[3]), fields };
    const groups = rowGroups(chunks.get(path) ?? [], fields, footer.sizeBytes - footer.footerBytes);
    requireWhole(labels.get(path) ?? path, footer.sizeBytes, groups);
    return [path, { ...footer, rowGroups: groups, statistics: leafStatistics(statistics.get(path) ?? []) }];
  }));
}

/** Length of the footer and magic, behind the footer itself. */
const FOOTER_TAIL_BYTES = 8;

// Some writers give a column without a dictionary the dictionary offset 0.
const CHUNK = 'file_name, row_group_id, row_group_num_rows, column_id, coalesce(least(nullif(dictionary_page_offset, 0), data_page_offset), data_page_offset), total_compressed_size, bloom_filter_offset, bloom_filter_length, stats_min_value, stats_max_value';

// Dates count as days and timestamps as microseconds, like DuckDB's own constants.
const asNumber = (column: string): string =>
  `coalesce(try_cast(${column} AS DOUBLE), CASE WHEN length(${column}) = 10 THEN date_diff('day', DATE '1970-01-01', try_cast(${column} AS DATE)) ELSE epoch_us(try_cast(${column} AS TIMESTAMP)) END)`;

const STATISTICS = `SELECT file_name, column_id, min(${asNumber('stats_min_value')}), max(${asNumber('stats_max_value')}), sum(stats_null_count), sum(total_uncompressed_size), sum(num_values) FROM footer_chunks GROUP BY ALL ORDER BY ALL`;

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly Row[]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

/** DuckDB does not name the file with every error, so they are read one by one to find it. */
async function unreadable(connection: DuckDBConnection, labels: ReadonlyMap<string, string>, thrown: unknown): Promise<AppError> {
  for (const [path, label] of labels) {
    const reason = await connection.run(`CREATE OR REPLACE TEMP TABLE footer_chunks AS FROM parquet_metadata(${quoteText(path)})`).then(() => null, errorMessage);
    if (reason !== null) return damaged(label, (reason.split('\n')[0] ?? '').replaceAll(path, label));
  }
  return damaged(`among ${[...labels.values()].join(', ')}`, errorMessage(thrown));
}

function damaged(label: string, reason: string): AppError {
  return new AppError('corrupt-data', `cannot read the Parquet file ${label}: ${reason}`, { hint: 'Check that the file was written completely, or move it out of the tables folder.' });
}

/** A footer can be fine and belong to more bytes than are there. */
function requireWhole(label: string, sizeBytes: number, groups: readonly RowGroup[]): void {
  for (const group of groups) {
    for (const chunk of [...group.chunks.values()].flat()) {
      if (chunk.offset + chunk.bytes > sizeBytes) throw damaged(label, `its columns reach to byte ${chunk.offset + chunk.bytes}, and it ends at ${sizeBytes}`);
    }
  }
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

interface RowGroupDraft {
  readonly rows: number;
  bytes: number;
  readonly chunks: Map<string, ColumnChunk[]>;
  readonly bloomFilters: Map<string, ColumnChunk[]>;
  readonly ranges: Map<string, ValueRange>;
}

/** Rows as in `CHUNK`, ordered by row group and column. `footerStart` is where the data ends. */
function rowGroups(rows: readonly Row[], fields: readonly SchemaField[], footerStart: number): RowGroup[] {
  const owner = new Map(fields.flatMap((field) => field.leaves.map((leaf) => [leaf, field] as const)));
  const starts = rows.flatMap(([, , , , offset, , bloom]) => [Number(offset), Number(bloom ?? footerStart)]).sort((a, b) => a - b);
  const drafts = new Map<number, RowGroupDraft>();
  for (const [, group, groupRows, column, offset, bytes, bloom, bloomBytes, min, max] of rows) {
    const draft = drafts.get(Number(group)) ?? { rows: Number(groupRows), bytes: 0, chunks: new Map(), bloomFilters: new Map(), ranges: new Map() };
    drafts.set(Number(group), draft);
    const { name, type } = defined(owner.get(Number(column)), `column ${String(column)}`);
    const range = valueRange(type, min, max);
    if (range !== null) draft.ranges.set(name, range);
    draft.bytes += Number(bytes);
    append(draft.chunks, name, { offset: Number(offset), bytes: Number(bytes) });
    if (bloom !== null) append(draft.bloomFilters, name, { offset: Number(bloom), bytes: bloomBytes === null ? nextAbove(starts, Number(bloom), footerStart) - Number(bloom) : Number(bloomBytes) });
  }
  let firstRow = 0;
  return [...drafts].sort(([a], [b]) => a - b).map(([, draft]) => {
    const rowGroup = { ...draft, firstRow };
    firstRow += draft.rows;
    return rowGroup;
  });
}

function append(chunks: Map<string, ColumnChunk[]>, name: string, chunk: ColumnChunk): void {
  const list = chunks.get(name);
  if (list === undefined) chunks.set(name, [chunk]);
  else list.push(chunk);
}

/** Older writers do not say how long a Bloom filter is; it ends where the next thing begins at the latest. */
const nextAbove = (sorted: readonly number[], offset: number, end: number): number => sorted.find((start) => start > offset) ?? end;

function leafStatistics(rows: readonly Row[]): LeafStatistics[] {
  const found: LeafStatistics[] = [];
  for (const [, column, min, max, nulls, bytes, values] of rows) {
    found[Number(column)] = { min: numberOrNull(min), max: numberOrNull(max), nulls: Number(nulls ?? 0), uncompressedBytes: Number(bytes), values: Number(values) };
  }
  return found;
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : typeof value === 'bigint' ? Number(value) : null);
