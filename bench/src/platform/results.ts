/** Files that benches make: in a folder that git does not see, or for the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../harness/folders.ts';

/** Where they go; made when it is not there. */
export function resultsFolder(isForDocs: boolean): string {
  if (isForDocs) return join(repositoryRoot, 'docs');
  const folder = join(repositoryRoot, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  return folder;
}

/** The path from the root of the repository. */
export function writeResult(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return relative(repositoryRoot, path);
}
