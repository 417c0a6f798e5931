/**
 * `tpch-manifest.json` in the output folder: which files are whole, and of which parameters. A file is listed only
 * after it was renamed to its final name, and counts as whole only if it still has the listed size and ends as Parquet.
 */
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import { MAX_MANIFEST_BYTES } from '../limits.ts';

const MANIFEST_NAME = 'tpch-manifest.json';

/** Raised whenever the same parameters give other files. */
const VERSION = 1;

export interface FileEntry {
  readonly rows: number;
  readonly bytes: number;
}

export interface Manifest {
  readonly scaleFactor: number;
  readonly files: ReadonlyMap<string, FileEntry>;
}

/** The folder's manifest, or an empty one. A folder of other parameters is an error. */
export async function readManifest(folder: string, scaleFactor: number): Promise<Manifest> {
  const path = join(folder, MANIFEST_NAME);
  const text = await readText(path);
  if (text === null) return { scaleFactor, files: new Map() };
  const manifest = parse(text, path);
  if (manifest.scaleFactor === scaleFactor) return manifest;
  throw new AppError('invalid-argument', `${folder} holds TPC-H data of scale factor ${manifest.scaleFactor}, not ${scaleFactor}`, {
    hint: 'Choose another output folder, or delete this one.',
  });
}

/** Replaces the manifest at once, so that a crash leaves the old or the new one. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, MANIFEST_NAME);
  const content = { version: VERSION, scaleFactor: manifest.scaleFactor, files: Object.fromEntries(manifest.files) };
  await writeFile(`${path}.partial`, `${JSON.stringify(content, null, 1)}\n`);
  await rename(`${path}.partial`, path);
}

const PARQUET_MAGIC = 'PAR1';

/** True when the listed file is still there and whole. */
export async function isWhole(path: string, entry: FileEntry): Promise<boolean> {
  let handle;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size !== entry.bytes || size < 2 * PARQUET_MAGIC.length) return false;
    const { buffer } = await handle.read(Buffer.alloc(PARQUET_MAGIC.length), 0, PARQUET_MAGIC.length, size - PARQUET_MAGIC.length);
    return buffer.toString('latin1') === PARQUET_MAGIC;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  } finally {
    await handle?.close();
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_MANIFEST_BYTES) throw unreadable(path);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parse(text: string, path: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!isRecord(content) || content['version'] !== VERSION) throw unreadable(path);
  const { scaleFactor, files } = content;
  if (typeof scaleFactor !== 'number' || !isRecord(files)) throw unreadable(path);
  const entries = Object.entries(files).map(([name, entry]): [string, FileEntry] => {
    if (!isRecord(entry) || typeof entry['rows'] !== 'number' || typeof entry['bytes'] !== 'number') throw unreadable(path);
    return [name, { rows: entry['rows'], bytes: entry['bytes'] }];
  });
  return { scaleFactor, files: new Map(entries) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const unreadable = (path: string, cause?: unknown): AppError =>
  new AppError('corrupt-data', `${path} is no manifest that this version wrote`, { cause, hint: 'Choose another output folder, or delete this one.' });
