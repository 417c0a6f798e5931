/** The catalog of a local folder: every `*.parquet` file, and every folder of such files, is a table. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { MAX_TABLE_FILES } from './limits.ts';
import type { Catalog } from './table.ts';
import { buildTables, type FileSource } from './tables.ts';

export const PARQUET = '.parquet';

export async function openLocalCatalog(connection: DuckDBConnection, folder: string): Promise<Catalog> {
  const sources = await findTables(resolve(folder));
  if (sources.size === 0) throw new AppError('not-found', `no Parquet file in ${resolve(folder)}`, { hint: 'Tables are *.parquet files, or folders of such files; `pappus tpch generate --out DIR` makes some.' });
  return { kind: 'file', tables: await buildTables(connection, sources) };
}

async function findTables(folder: string): Promise<Map<string, readonly FileSource[]>> {
  const tables = new Map<string, readonly FileSource[]>();
  const entries = await list(folder);
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const files = (await list(path)).filter((file) => isDataFile(file.name)).map((file) => join(path, file.name));
      if (files.length > 0) add(tables, entry.name, await sourcesOf(files), path);
    } else if (isDataFile(entry.name)) {
      add(tables, entry.name.slice(0, -PARQUET.length), await sourcesOf([path]), path);
    }
  }
  return tables;
}

export const isDataFile = (name: string): boolean => name.endsWith(PARQUET) && !name.startsWith('.') && !name.startsWith('_');

function add(tables: Map<string, readonly FileSource[]>, name: string, files: readonly FileSource[], path: string): void {
  if (tables.has(name)) throw new AppError('invalid-argument', `two tables are called ${name}: the file ${name}${PARQUET} and the folder ${name}, at ${path}`);
  if (files.length > MAX_TABLE_FILES) throw new AppError('resource-exhausted', `table ${name} has ${files.length} files; at most ${MAX_TABLE_FILES} are read`);
  tables.set(name, files);
}

async function sourcesOf(paths: readonly string[]): Promise<FileSource[]> {
  return Promise.all(paths.toSorted().map(async (path) => {
    const { size, mtimeMs } = await stat(path);
    return { footerPath: path, path, version: `${size}-${mtimeMs}` };
  }));
}

async function list(folder: string): Promise<Awaited<ReturnType<typeof entriesOf>>> {
  return entriesOf(folder).catch((thrown: unknown) => {
    const reason = systemCode(thrown);
    if (reason === 'ENOENT') throw new AppError('not-found', `the tables folder ${folder} does not exist`, { cause: thrown });
    if (reason === 'ENOTDIR') throw new AppError('invalid-argument', `${folder} is a file; --tables wants the folder that holds it`, { cause: thrown });
    if (reason === 'EACCES') throw new AppError('permission-denied', `the tables folder ${folder} may not be read`, { cause: thrown });
    throw thrown;
  });
}

const entriesOf = (folder: string) => readdir(folder, { withFileTypes: true });
