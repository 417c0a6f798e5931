/** Which files of a folder are functions and compositions. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@pappus/core';
import { fileKind, manifestName } from './deployable.ts';
import { exportedSets } from './exported-sets.ts';
import { MAX_DEPLOYED_FILES } from './limits.ts';
import type { Manifest } from './manifest.ts';

/**
 * Their paths in order; what lies in folders below is not looked at. `known` were deployable before: a script whose exports can't
 * be read any more is one with a mistake in it, and is not gone.
 */
export async function deployableFiles(folder: string, manifest: Manifest, known: ReadonlySet<string> = NONE): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() || entry.name.startsWith('.') || manifest.dev.services.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (known.has(path) || (await isDeployable(path, manifest))) files.push(path);
  }
  if (files.length > MAX_DEPLOYED_FILES) throw new AppError('resource-exhausted', `${folder} holds more than ${MAX_DEPLOYED_FILES} functions and compositions`);
  return files.sort();
}

const NONE: ReadonlySet<string> = new Set();

/** A script may be part of another one, a module anything: it has to say that it is a function, or the manifest does. */
async function isDeployable(path: string, manifest: Manifest): Promise<boolean> {
  const kind = fileKind(path);
  if (kind === null || kind === 'composition') return kind !== null;
  if (manifestName(path, manifest) !== null) return true;
  if (kind === 'wasm') return false;
  const source = await readFile(path, 'utf8').catch(() => null);
  // Whoever deploys it says why it cannot be read.
  if (source === null) return true;
  const { inputs, outputs } = exportedSets(source);
  return inputs !== null || outputs !== null;
}
