import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parseFilePattern } from './file-pattern.ts';
import { fileProblem, isOfOneFile } from './file-problem.ts';
import { FileWalk } from './file-walk.ts';

const FILES = 40;
const SHELL = 'sh';
const SOURCE = new URL('./files-function.ts', import.meta.url).href;

/** Asks for a pattern and for one file with all descriptors free, with four of them, and with none. */
const READING = `
  import { closeSync, openSync } from 'node:fs';
  import { filesFunction } from '${SOURCE}';
  const files = filesFunction({ folder: process.argv[1] });
  const context = { signal: new AbortController().signal, invocation: 'i', logger: { log() {} } };
  const ask = async (path) => {
    try {
      const outcome = await files.run([{ name: 'requests', items: [{ name: 'r', key: 0, data: Buffer.from(path) }] }], context);
      return outcome.kind === 'done' ? outcome.outputs[0].items.length : outcome.failure.code;
    } catch (thrown) {
      return String(thrown);
    }
  };
  const seen = { all: await ask('*.txt') };
  const held = [];
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {}
  seen.none = await ask('*.txt');
  seen.noneForOne = await ask('f1.txt');
  for (let index = 0; index < 4; index++) closeSync(held.pop());
  seen.four = await ask('*.txt');
  for (const descriptor of held) closeSync(descriptor);
  seen.again = await ask('*.txt');
  process.stdout.write(JSON.stringify(seen));
`;

test.runIf(process.platform === 'linux')('a pattern leaves no file out because descriptors have run out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-descriptors-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (let index = 0; index < FILES; index++) await writeFile(join(folder, `f${index}.txt`), 'x');
  // Node raises the lower of the two limits to the higher one
  const { stdout } = await promisify(execFile)(SHELL, ['-c', 'ulimit -S -n 200 && ulimit -H -n 200 && exec "$0" "$@"', process.execPath, '--conditions=source', '--input-type=module', '-e', READING, folder]);
  expect(JSON.parse(stdout)).toEqual({ all: FILES, none: 'resource-exhausted', noneForOne: 'resource-exhausted', four: 'resource-exhausted', again: FILES });
});

test.each([
  ['ENOENT', 'not-found', true],
  ['EACCES', 'permission-denied', true],
  ['ENAMETOOLONG', 'invalid-argument', true],
  ['ENFILE', 'resource-exhausted', false],
  ['EIO', 'unavailable', false],
  ['ESTALE', 'unavailable', false],
])('%s is %s; a pattern leaves the file out: %s', (code, expected, leftOut) => {
  const problem = fileProblem(Object.assign(new Error(code), { code }), 'a.txt');
  expect(problem).toMatchObject({ code: expected });
  expect(isOfOneFile(problem)).toBe(leftOut);
});

test('a pattern finds nothing in a folder that has gone, but fails where the whole folder has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-gone-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const find = async (root: string, path: string): Promise<readonly string[]> => {
    const parsed = parseFilePattern(Buffer.from(path));
    if (parsed.kind === 'malformed') throw new Error(parsed.problem);
    return await new FileWalk(root, { entries: 10, files: 10 }, new AbortController().signal).find(parsed.pattern);
  };
  expect(await find(folder, 'gone/*')).toEqual([]);
  await expect(find(join(folder, 'gone'), '*')).rejects.toMatchObject({ code: 'not-found' });
});
