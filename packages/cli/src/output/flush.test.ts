/** What goes through a pipe to a reader that takes its time: all of it. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeLastingTables } from '../testing/lasting-tables.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** More than a pipe and Node's buffer in front of it hold. */
const MANY = 6_000;
/** As CSV not much more than a pipe holds: no write of it is waited for. */
const ROWS = 13_500;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-flush-'));
  await makeLastingTables(join(folder, 'tables'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Taken {
  readonly status: number;
  readonly text: string;
  /** For messages: progress, where it takes long. */
  readonly stderr: string;
}

/** Runs a command line whose output goes through a pipe to the program `reader`. */
async function piped(reader: string, ...args: readonly string[]): Promise<Taken> {
  const line = `{ "$@"; echo $? > '${folder}/status'; } | (${reader}) > '${folder}/taken'`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder };
  const { stderr } = spawnSync('sh', ['-c', line, 'sh', process.execPath, '--conditions=source', MAIN, ...args], { env, encoding: 'utf8' });
  return { status: Number(await readFile(join(folder, 'status'), 'utf8')), text: await readFile(join(folder, 'taken'), 'utf8'), stderr };
}

const SLOW = 'dd bs=1 count=1 2>/dev/null; sleep 3; cat';

it('a slow reader gets a long report whole', async () => {
  const file = join(folder, 'many.pcl');
  await writeFile(file, 'function f(a) => (b);\n');
  const { status, text } = await piped(SLOW, 'check', '--json', ...Array.from({ length: MANY }, () => file));
  expect({ status, files: (JSON.parse(text) as readonly unknown[]).length }).toEqual({ status: 0, files: MANY });
});

it.each([
  ['--format csv', (text: string) => text.trimEnd().split('\n').length - 1],
  ['--json', (text: string) => (JSON.parse(text) as { readonly rows: readonly unknown[] }).rows.length],
])('a slow reader gets all rows of a query (%s)', async (form, rowsOf) => {
  const { status, text, stderr } = await piped(SLOW, 'query', '-t', join(folder, 'tables'), '--workers', '1', ...form.split(' '), `SELECT key FROM facts LIMIT ${ROWS}`);
  expect({ status, rows: rowsOf(text) }, stderr).toEqual({ status: 0, rows: ROWS });
});

it('a reader that leaves ends the command as one that SIGPIPE ended', async () => {
  const file = join(folder, 'one.pcl');
  await writeFile(file, 'function f(a) => (b);\n');
  expect(await piped('exit', 'check', '--json', ...Array.from({ length: MANY }, () => file))).toMatchObject({ status: 141, text: '' });
});
