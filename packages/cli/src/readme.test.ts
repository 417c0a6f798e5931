/**
 * The functions that the README shows, by the command lines that it shows. A language is skipped only where its compiler,
 * library or target is missing, which a program without anything in it finds out: what the README shows has to compile.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRunningServer, type RunningServer } from './testing/running-server.ts';

const README = await readFile(join(import.meta.dirname, '..', '..', '..', 'README.md'), 'utf8');
const SECTION = /### A function in each language\n(.*?)\n## /s.exec(README)?.[1] ?? '';
/** File and source of each function. */
const FUNCTIONS = [...SECTION.matchAll(/`([\w/]+\.(?:c|rs|ts))`[^`]*?:\n\n```\w+\n(.*?)```/gs)].map(([, file = '', source = '']) => ({ file, source }));
const LINES = /```\n(clang .*?)```/s.exec(SECTION)?.[1]?.split('\n') ?? [];

/** By file: what compiles wherever anything does. */
const EMPTY_PROGRAMS: Readonly<Record<string, string>> = {
  'shout.c': '#include <stdio.h>\nint main(void) { return 0; }\n',
  'shout.rs': 'fn main() {}\n',
  'assembly/shout.ts': 'export function nothing(): void {}\n',
};

let server: RunningServer;
beforeAll(async () => {
  server = await startRunningServer();
});
afterAll(() => server.stop());

/** The words of the first line that begins so, without its comment. */
const lineOf = (...beginning: readonly string[]): readonly string[] => {
  const line = LINES.map((text) => text.replace(/ +#.*/, '')).find((text) => text.startsWith(beginning.join(' ')));
  return [...(line ?? '').matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
};

async function shouts(deployed: string, ...args: readonly string[]): Promise<void> {
  expect(await server.pappus('deploy', join(server.folder, deployed), ...args)).toMatchObject({ status: 0, err: '' });
  const [, , ...invocation] = lineOf('pappus', 'invoke');
  expect(await server.pappus('invoke', ...invocation, '--quiet')).toMatchObject({ status: 0, err: '', out: expect.stringMatching(/^WHAT A DAY\n?$/) });
}

it('shows four functions of ten lines at most', () => {
  expect(FUNCTIONS.map(({ file }) => file)).toEqual(['shout.c', 'shout.rs', 'assembly/shout.ts', 'shout.ts']);
  for (const { source } of FUNCTIONS) expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
});

describe.each(FUNCTIONS)('$file', ({ file, source }) => {
  const compiler = LINES.map((line) => line.split(' ')).find((words) => words.includes(file) && words[0] !== 'pappus')?.[0] ?? null;

  it('deploys and shouts', async (context) => {
    const path = join(server.folder, file);
    await mkdir(dirname(path), { recursive: true });
    if (compiler === null) {
      await writeFile(path, source);
      return shouts(file);
    }
    const [, ...args] = lineOf(compiler);
    const compiled = async (text: string): Promise<{ readonly status: number | null; readonly stderr: string | null }> => {
      await writeFile(path, text);
      return spawnSync(compiler, args, { cwd: server.folder, encoding: 'utf8' });
    };
    const empty = await compiled(EMPTY_PROGRAMS[file] ?? '');
    if (empty.status !== 0) context.skip(`${compiler} compiles nothing here: ${empty.stderr ?? 'it is not installed'}`);
    expect(await compiled(source)).toMatchObject({ status: 0 });
    const [, , deployed = '', ...sets] = lineOf('pappus', 'deploy');
    await shouts(deployed, ...sets);
  });
});
