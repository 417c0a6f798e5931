/** The catalog of a local folder: every `*.parquet` file, and every folder of such files, is a table. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isDataFile, isTableFolder, tableFiles } from './table-files.ts';
import type { Catalog } from './table.ts';
import { buildTables, type FileSource } from './tables.ts';

export async function openLocalCatalog(connection: DuckDBConnection, folder: string): Promise<Catalog> {
  const root = resolve(folder);
  const sources = new Map<string, readonly FileSource[]>();
  for (const [name, files] of tableFiles(await dataFiles(root), root)) sources.set(name, await sourcesOf(files.map((file) => join(root, file))));
  return { kind: 'file', tables: await buildTables(connection, sources) };
}

/** Paths below the folder, two levels deep. */
async function dataFiles(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await list(folder)) {
    if (!entry.isDirectory()) paths.push(entry.name);
    else if (isTableFolder(entry.name)) paths.push(...(await list(join(folder, entry.name))).filter((file) => isDataFile(file.name)).map((file) => `${entry.name}/${file.name}`));
  }
  return paths;
}

async function sourcesOf(paths: readonly string[]): Promise<FileSource[]> {
  return Promise.all(paths.map(async (path) => {
    const { size, mtimeMs } = await stat(path);
    return { footerPath: path, path, label: path, version: `${size}-${mtimeMs}` };
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
