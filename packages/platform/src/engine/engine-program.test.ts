import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentLogger, systemClock } from '@pappus/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { engineProgram } from './engine-program.ts';

let folder: string;
let cache: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-program-'));
  cache = await mkdtemp(join(tmpdir(), 'pappus-program-cache-'));
  vi.spyOn(module, 'getCompileCacheDir').mockReturnValue(cache);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
  await rm(cache, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const program = (): Promise<string | null> => engineProgram({ entries: [pathToFileURL(join(folder, 'main.ts'))], clock: systemClock, logger: silentLogger });
const run = (path: string): string => execFileSync(process.execPath, ['--permission', '--allow-fs-read=*', '--import', pathToFileURL(path).href, join(folder, 'main.ts')], { encoding: 'utf8' });

async function writeProgram(word: string): Promise<void> {
  await write('main.ts', `import { word } from './word.ts';\nimport type { Word } from './types.ts';\nconst said: Word = word;\nconsole.log(said, import.meta.url.split('/').at(-1), (await import('./late.ts')).late);\n`);
  await write('word.ts', `export const word: string = '${word}';\n`);
  await write('types.ts', 'export type Word = string;\n');
  await write('late.ts', 'export const late: number = 1;\n');
}

it('runs as the sources do, without reading them, and is made once for the same sources', async () => {
  await writeProgram('first');
  const path = await program();
  expect(path).not.toBeNull();
  expect(await program()).toBe(path);
  expect(await readdir(cache)).toHaveLength(1);
  for (const name of ['word.ts', 'late.ts', 'types.ts']) await write(name, 'this is no program');
  expect(run(path ?? '')).toBe('first main.ts 1\n');
});

it('is another one when any of its modules has changed, and old ones go', async () => {
  const paths = new Set<string | null>();
  for (let version = 0; version < 12; version++) {
    await writeProgram(`version ${version}`);
    paths.add(await program());
  }
  expect(paths.size).toBe(12);
  expect(await readdir(cache)).toHaveLength(8);
});

it('is not used where others may write, where there is no cache, and where there is nothing to strip', async () => {
  await writeProgram('none');
  expect(await engineProgram({ entries: [pathToFileURL(join(folder, 'main.js'))], clock: systemClock, logger: silentLogger })).toBeNull();
  await chmod(cache, 0o777);
  expect(await program()).toBeNull();
  vi.spyOn(module, 'getCompileCacheDir').mockReturnValue(undefined);
  expect(await program()).toBeNull();
});

it('is given up where a source is missing', async () => {
  await writeProgram('broken');
  await rm(join(folder, 'late.ts'));
  expect(await program()).toBeNull();
  expect(await readdir(cache)).toEqual([]);
});
