/** Which files are tables: every `*.parquet` file of a location, and every folder of such files, by that name. */
import { AppError } from '@pappus/core';
import { MAX_TABLE_FILES } from './limits.ts';

const PARQUET = '.parquet';

const isHidden = (name: string): boolean => name.startsWith('.') || name.startsWith('_');

/** Hidden files and those of writers that have not finished are left out. */
export const isDataFile = (name: string): boolean => name.endsWith(PARQUET) && !isHidden(name);

/** Whether a folder of this name can be a table. */
export const isTableFolder = (name: string): boolean => name !== '' && !isHidden(name);

/**
 * The files of each table, both in the order of names. Paths are relative to the location, with slashes; those
 * that belong to no table, like files in folders of folders, are left out.
 */
export function tableFiles(paths: Iterable<string>, location: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    const name = tableName(path);
    if (name === null) continue;
    const files = tables.get(name) ?? [];
    tables.set(name, files);
    if (files.length > 0 && !(isInFolder(path) && isInFolder(files[0] ?? ''))) throw new AppError('invalid-argument', `two tables are called ${name}: the file ${name}${PARQUET} and the folder ${name}, at ${location}`);
    files.push(path);
    if (files.length > MAX_TABLE_FILES) throw new AppError('resource-exhausted', `table ${name} has more than ${MAX_TABLE_FILES} files, at ${location}`, { hint: 'Write fewer and larger files.' });
  }
  if (tables.size === 0) throw new AppError('not-found', `no Parquet file in ${location}`, { hint: 'Tables are *.parquet files, or folders of such files; `pappus tpch generate --out DIR` makes some.' });
  return new Map([...tables].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isInFolder = (path: string): boolean => path.includes('/');

function tableName(path: string): string | null {
  const [first = '', second, ...deeper] = path.split('/');
  if (deeper.length > 0) return null;
  if (second === undefined) return isDataFile(first) ? first.slice(0, -PARQUET.length) : null;
  return isTableFolder(first) && isDataFile(second) ? first : null;
}
