/** The files that the tidy test reads: what git tracks or would track, with their text. Binary files are left out. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TextFile {
  /** Relative to the repository, with `/` between its parts. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const ROOT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const UNTRACKED_FOLDERS = new Set(['node_modules', 'dist', '.git', '.cache', 'coverage']);
const MAX_TEXT_BYTES = 4 * 2 ** 20;

export function repositoryFiles(): readonly TextFile[] {
  const files: TextFile[] = [];
  for (const path of gitPaths() ?? [...walk(ROOT)]) {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || stat.size > MAX_TEXT_BYTES) continue;
    const bytes = readFileSync(join(ROOT, path));
    if (!bytes.includes(0)) files.push({ path, text: bytes.toString('utf8') });
  }
  return files;
}

/** Null without git or outside a working tree, such as in an unpacked archive. */
function gitPaths(): readonly string[] | null {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  return git.status === 0 ? git.stdout.split('\0').filter((path) => path !== '') : null;
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield relative(ROOT, path).split(sep).join('/');
    else if (entry.isDirectory() && !UNTRACKED_FOLDERS.has(entry.name)) yield* walk(path);
  }
}

export const formatViolation = ({ path, line, message }: Violation): string => `${path}:${line}: ${message}`;
