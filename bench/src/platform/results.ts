/** Files that benches make: in a folder that git does not see. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../harness/folders.ts';

/** The path from the root of the repository. */
export function writeResult(name: string, text: string): string {
  const folder = join(repositoryRoot, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  const path = join(folder, name);
  writeFileSync(path, text);
  return relative(repositoryRoot, path);
}
