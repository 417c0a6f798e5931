/** Footers of the files of each table, put together as tables. */
import { AppError, defined } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../duckdb/quoting.ts';
import { readFooters, type Footer, type SchemaField } from './footers.ts';
import type { ColumnStatistics, Table, TableColumn } from './table.ts';

/** A file of a table: where its footer can be read now, and how it is known for good. */
export interface FileSource {
  /** A local file, or a sparse copy with the object's footer in place. */
  readonly footerPath: string;
  /** What the table keeps: a local path or an object key. */
  readonly path: string;
  /** How errors name it. */
  readonly label: string;
  readonly version: string;
}

export type TableSources = ReadonlyMap<string, readonly FileSource[]>;

export async function buildTables(connection: DuckDBConnection, sources: TableSources): Promise<ReadonlyMap<string, Table>> {
  const footers = await readFooters(connection, new Map([...sources.values()].flat().map((file) => [file.footerPath, file.label])));
  const tables = new Map<string, Table>();
  for (const [name, files] of sources) tables.set(name, await buildTable(connection, name, files, footers));
  return tables;
}

async function buildTable(connection: DuckDBConnection, name: string, files: readonly FileSource[], footers: ReadonlyMap<string, Footer>): Promise<Table> {
  const own = files.map((file) => ({ file, footer: defined(footers.get(file.footerPath), file.label) }));
  const first = defined(own[0], `file of table ${name}`);
  for (const other of own) requireSameSchema(name, first, other);
  const types = await columnTypes(connection, first.file.footerPath, first.footer.fields);
  const columns = first.footer.fields.map((field, index): TableColumn => ({
    name: field.name,
    type: defined(types[index], field.name),
    statistics: statisticsOf(field, own.map((item) => item.footer)),
  }));
  return {
    name,
    columns,
    rows: own.reduce((sum, { footer }) => sum + footer.rows, 0),
    files: own.map(({ file, footer }) => ({ path: file.path, version: file.version, sizeBytes: footer.sizeBytes, footerBytes: footer.footerBytes, rowGroups: footer.rowGroups })),
  };
}

interface SourceFooter {
  readonly file: FileSource;
  readonly footer: Footer;
}

function requireSameSchema(table: string, first: SourceFooter, other: SourceFooter): void {
  const wanted = first.footer.fields.map((field) => field.shape);
  const found = other.footer.fields.map((field) => field.shape);
  const difference = found.find((shape, index) => shape !== wanted[index]) ?? wanted[found.length];
  if (difference === undefined) return;
  throw new AppError('corrupt-data', `table ${table} has files with different schemas: ${other.file.label} has (${found.join(', ')}), ${first.file.label} has (${wanted.join(', ')})`, {
    hint: 'Put files with different columns into folders of their own.',
  });
}

/** Flat columns know their type from the footer; for nested ones DuckDB is asked. */
async function columnTypes(connection: DuckDBConnection, path: string, fields: readonly SchemaField[]): Promise<readonly string[]> {
  if (fields.every((field) => field.type !== null)) return fields.map((field) => String(field.type));
  const described = await connection.runAndReadAll(`DESCRIBE FROM read_parquet(${quoteText(path)}, hive_partitioning = false)`);
  return described.getRows().map((row) => String(row[1]));
}

function statisticsOf(field: SchemaField, footers: readonly Footer[]): ColumnStatistics {
  const leaves = footers.flatMap((footer) => field.leaves.map((leaf) => footer.statistics[leaf]).filter((leaf) => leaf !== undefined));
  const rows = footers.reduce((sum, footer) => sum + footer.rows, 0);
  const known = field.leaves.length === 1 && leaves.length > 0;
  const extreme = (pick: 'min' | 'max'): number | null => {
    const values = leaves.map((leaf) => leaf[pick]);
    return known && values.every((value) => value !== null) ? Math[pick](...values) : null;
  };
  const sum = (pick: 'nulls' | 'uncompressedBytes'): number => leaves.reduce((total, leaf) => total + leaf[pick], 0);
  const encodedBytes = rows === 0 ? 8 : sum('uncompressedBytes') / rows;
  return { min: extreme('min'), max: extreme('max'), nullFraction: rows === 0 ? 0 : sum('nulls') / rows, widthBytes: valueWidth(field, encodedBytes), encodedBits: encodedBytes * 8 };
}

const FIXED: Readonly<Record<string, number>> = { BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INTEGER: 4, DATE: 4, FLOAT: 4, BIGINT: 8, DOUBLE: 8, TIMESTAMP: 8 };

/** Dictionaries make columns look narrower in the file than they are in memory and on the wire. */
const valueWidth = (field: SchemaField, measured: number): number => FIXED[field.type ?? ''] ?? Math.max(8, measured);
