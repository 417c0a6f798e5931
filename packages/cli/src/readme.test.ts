/**
 * The functions that the README shows, by the command lines that it shows. A language is skipped only where its compiler,
 * library or target is missing, which a program without anything in it finds out: what the README shows has to compile.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
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

/** Debian's rustc has its target under the older name. */
const OTHER_TARGETS: Readonly<Record<string, string>> = { 'wasm32-wasip1': 'wasm32-wasi' };

interface Attempt {
  readonly status: number | null;
  readonly stderr: string | null;
}

/** The command with all programs of its name, since a rustc without the target may stand before one with it; and with the target's older name. */
function* commandsOf([name = '', ...args]: readonly string[]): Generator<readonly string[]> {
  const older = args.map((word) => OTHER_TARGETS[word] ?? word);
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, name);
    if (!existsSync(program)) continue;
    yield [program, ...args];
    if (older.some((word, index) => word !== args[index])) yield [program, ...older];
  }
}

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
    const compile = async ([program = '', ...args]: readonly string[], text: string): Promise<Attempt> => {
      await writeFile(path, text);
      return spawnSync(program, args, { cwd: server.folder, encoding: 'utf8' });
    };
    let said: string | null = 'it is not installed';
    for (const command of commandsOf(lineOf(compiler))) {
      const empty = await compile(command, EMPTY_PROGRAMS[file] ?? '');
      said = empty.stderr;
      if (empty.status !== 0) continue;
      expect(await compile(command, source)).toMatchObject({ status: 0 });
      const [, , deployed = '', ...sets] = lineOf('pappus', 'deploy');
      return shouts(deployed, ...sets);
    }
    context.skip(`${compiler} compiles nothing here: ${said}`);
  });
});
