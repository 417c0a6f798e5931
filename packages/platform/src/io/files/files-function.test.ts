import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { context, failureOfRun, item, outputItems, requests } from '../testing/http-servers.ts';
import type { IoFunction } from '../io-function.ts';
import { filesFunction, type FilesFunctionOptions } from './files-function.ts';

const PIPE_MAKER = 'mkfifo';

let base: string;
let folder: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'pappus-files-'));
  folder = join(base, 'folder');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  write('secret.txt', 'secret');
  write('folder-too/x.txt', 'not in the folder, though its path begins like it');
  for (const path of ['a.txt', 'b.txt', '.hidden', 'logs/1.log', 'logs/2.log', 'logs/old/3.log', 'logs/.git/config', 'deep/a/b/c.txt']) write(`folder/${path}`, `content of ${path}`);
  writeFileSync(join(folder, 'empty'), '');
  symlinkSync('../secret.txt', join(folder, 'escape.txt'));
  symlinkSync('/etc/passwd', join(folder, 'passwd.txt'));
  symlinkSync('..', join(folder, 'up'));
  symlinkSync('../folder-too', join(folder, 'beside'));
  symlinkSync('logs/1.log', join(folder, 'inside.txt'));
  symlinkSync('logs', join(folder, 'linked-logs'));
  symlinkSync('loop-b', join(folder, 'loop-a'));
  symlinkSync('loop-a', join(folder, 'loop-b'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  execFileSync(PIPE_MAKER, [join(folder, 'pipe')]);
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

const files = (options: Partial<FilesFunctionOptions> = {}): IoFunction => filesFunction({ folder, ...options });

async function read(pattern: string, options: Partial<FilesFunctionOptions> = {}): Promise<readonly string[]> {
  const items = outputItems(await files(options).run(requests(item(pattern)), context()));
  for (const { name, data } of items) expect(Buffer.from(data).toString()).toBe(name === 'empty' ? '' : `content of ${name.replace('inside.txt', 'logs/1.log').replace('linked-logs', 'logs')}`);
  return items.map(({ name }) => name);
}

const problem = async (pattern: string, options: Partial<FilesFunctionOptions> = {}): Promise<string> => {
  const { code, message } = failureOfRun(await files(options).run(requests(item(pattern)), context()));
  return `${code}: ${message}`;
};

describe('what is found', () => {
  test.each<readonly [string, readonly string[]]>([
    ['a.txt', ['a.txt']],
    ['a.txt\n', ['a.txt']],
    ['empty', ['empty']],
    ['.hidden', ['.hidden']],
    ['inside.txt', ['inside.txt']],
    ['linked-logs/2.log', ['linked-logs/2.log']],
    ['logs/*.log', ['logs/1.log', 'logs/2.log']],
    ['?.txt', ['a.txt', 'b.txt']],
    ['logs/**', ['logs/1.log', 'logs/2.log', 'logs/old/3.log']],
    ['**/*.log', ['logs/1.log', 'logs/2.log', 'logs/old/3.log']],
    ['**/**/**/3.log', ['logs/old/3.log']],
    ['**/c.txt', ['deep/a/b/c.txt']],
    ['*/*/*/*', ['deep/a/b/c.txt']],
    ['*.none', []],
    ['nothing/*', []],
    ['.*', ['.hidden']],
    ['logs/.git/*', ['logs/.git/config']],
  ])('%j: %j', async (pattern, names) => expect(await read(pattern)).toEqual(names));

  test('keeps the key of its request, in the order of the requests', async () => {
    const items = outputItems(await files().run(requests(item('logs/*.log', 'x', 7), item('a.txt', 'y', 3)), context()));
    expect(items.map(({ name, key }) => `${name} ${key}`)).toEqual(['logs/1.log 7', 'logs/2.log 7', 'a.txt 3']);
  });

  test('by a pattern is no link that leads out, and no pipe', async () => {
    expect(await read('*')).toEqual(['.hidden', 'a.txt', 'b.txt', 'empty', 'inside.txt'].filter((name) => name !== '.hidden'));
  });
});

describe('what is refused', () => {
  test.each([
    ['escape.txt', 'permission-denied: escape.txt leads out of the folder'],
    ['passwd.txt', 'permission-denied: passwd.txt leads out of the folder'],
    ['up/secret.txt', 'permission-denied: up/secret.txt leads out of the folder'],
    ['beside/x.txt', 'permission-denied: beside/x.txt leads out of the folder'],
    ['up/folder/escape.txt', 'permission-denied: up/folder/escape.txt leads out of the folder'],
    ['loop-a', 'permission-denied: loop-a is a link that leads nowhere'],
    ['dangling', 'not-found: there is no file dangling'],
    ['missing.txt', 'not-found: there is no file missing.txt'],
    ['a.txt/x', 'not-found: there is no file a.txt/x'],
    ['logs', 'invalid-argument: logs is not a file'],
    ['pipe', 'invalid-argument: pipe is not a file'],
    ['../secret.txt', 'invalid-argument: the path "../secret.txt" has the part ".."'],
    ['logs/../a.txt', 'invalid-argument: the path "logs/../a.txt" has the part ".."'],
    ['./a.txt', 'invalid-argument: the path "./a.txt" has the part "."'],
    ['/etc/passwd', 'invalid-argument: the path "/etc/passwd" is absolute'],
    ['logs//1.log', 'invalid-argument: the path "logs//1.log" has the part ""'],
    ['..\\secret.txt', 'invalid-argument: the path "..\\\\secret.txt" has a backslash'],
    ['a.txt\0.png', 'invalid-argument: the path "a.txt\\u0000.png" has a control character'],
    ['a.txt\nb.txt', 'invalid-argument: the path "a.txt\\nb.txt" has a control character'],
    ['', 'invalid-argument: the path is empty'],
    ['\xff', 'invalid-argument: the path is not UTF-8 text'],
    ['a**', 'invalid-argument: the path "a**" has ** inside of a name'],
    ['x/'.repeat(40) + 'x', 'has more than 32 parts'],
    ['x'.repeat(5_000), 'invalid-argument: the path has 5000 bytes'],
  ])('%j', async (pattern, expected) => expect(await problem(pattern)).toContain(expected));

  test('names the request that it is about', async () => {
    expect(failureOfRun(await files().run(requests(item('a.txt', 'good'), item('missing', 'bad')), context()))).toMatchObject({ item: 'bad', code: 'not-found' });
  });

  test('a file, files together or a number of files beyond the limits', async () => {
    expect(await problem('a.txt', { fileBytes: 5 })).toBe('resource-exhausted: a.txt has 16 bytes, of which 5 are allowed');
    expect(await problem('logs/*.log', { filesBytes: 30 })).toContain('more than 30 bytes together');
    expect(await problem('logs/**', { files: 2 })).toContain('more files than one run may read');
    expect(await read('logs/*.log', { files: 2 })).toHaveLength(2);
  });

  test('more bytes than all runs may hold together, of which a run that has ended holds none', async () => {
    const one = files({ filesAtOnceBytes: 40 });
    const ask = async (): Promise<string> => {
      const outcome = await one.run(requests(item('a.txt')), context());
      return outcome.kind === 'done' ? 'done' : outcome.failure.message;
    };
    for (let round = 0; round < 5; round++) expect(await ask()).toBe('done');
    const together = await Promise.all(Array.from({ length: 20 }, ask));
    expect(together.filter((message) => message === 'done').length).toBeGreaterThanOrEqual(2);
    expect(together.filter((message) => message !== 'done')).not.toEqual([]);
    for (const message of together) expect(message).toMatch(/^done$|all runs together read more than 40 bytes/);
    expect(await ask()).toBe('done');
  });

  test('a folder that is not there', async () => {
    expect(await problem('a.txt', { folder: join(base, 'gone') })).toContain('not-found: the folder of the Files function');
  });

  test('a run that was cancelled', async () => {
    await expect(files().run(requests(item('**')), context(AbortSignal.abort(new Error('gone'))))).rejects.toThrow('gone');
  });
});

/** On a thread of its own, as fast as it can: `path` is what it should be, a link out of the folder, and so on. */
const SWITCHING = `
  const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
  const { path, link, file, stop } = require('node:worker_threads').workerData;
  const good = path + '-good';
  const bad = path + '-bad';
  if (file !== '') mkdirSync(good);
  writeFileSync(good + file, 'inside');
  symlinkSync(link, bad);
  while (Atomics.load(stop, 0) === 0) {
    renameSync(good, path);
    renameSync(path, good);
    renameSync(bad, path);
    renameSync(path, bad);
  }
  rmSync(good, { recursive: true });
  rmSync(bad);
`;

// elsewhere there is no way to be sure (folder-reader.ts)
test.runIf(process.platform === 'linux').each([
  ['path', 'switching', '../secret.txt', ''],
  ['folder', 'switching-too', '../folder-too', '/x.txt'],
])('a %s that is switched to a link while it is read never gives what is outside', async (_, name, link, file) => {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const switching = new Worker(SWITCHING, { eval: true, workerData: { path: join(folder, name), link, file, stop } });
  const outcomes = new Map<string, number>();
  try {
    await new Promise((resolve) => void switching.once('online', resolve));
    const lane = async (): Promise<void> => {
      for (let round = 0; round < 300; round++) {
        const outcome = await files().run(requests(item(name + file)), context());
        const seen = outcome.kind === 'done' ? Buffer.from(outputItems(outcome)[0]?.data ?? []).toString() : outcome.failure.code;
        outcomes.set(seen, (outcomes.get(seen) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  } finally {
    Atomics.store(stop, 0, 1);
    await new Promise((resolve) => void switching.once('exit', resolve));
  }
  for (const seen of outcomes.keys()) expect(['inside', 'permission-denied', 'unavailable', 'not-found']).toContain(seen);
  expect(outcomes.get('inside')).toBeGreaterThan(0);
  expect(outcomes.get('permission-denied')).toBeGreaterThan(0);
});

test('a file that grows is read as long as it was', async () => {
  const name = join(folder, 'growing.txt');
  writeFileSync(name, 'x'.repeat(1_000));
  const run = files().run(requests(item('growing.txt')), context());
  appendFileSync(name, 'y'.repeat(10));
  const [got] = outputItems(await run);
  expect([1_000, 1_010]).toContain(got?.data.length);
  rmSync(name);
});
