/** The lock of a folder: one holder, whatever becomes of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-lock-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const SOURCE = new URL('./folder-lock.ts', import.meta.url).href;
const HOLDER = `import { lockFolder } from '${SOURCE}'; lockFolder(process.argv[1], 'the other one'); process.stdout.write('held'); setInterval(() => {}, 1000);`;

it('goes with the process that holds it, killed or not', async () => {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(() => lockFolder(folder, 'me')).toThrow('in use by another server (the other one)');
  child.kill('SIGKILL');
  await once(child, 'close');
  lockFolder(folder, 'me').release();
});

it('is held once in a process', () => {
  const lock = lockFolder(folder, 'me');
  expect(() => lockFolder(folder, 'me too')).toThrow('in use');
  lock.release();
  lockFolder(folder, 'me again').release();
});

it('says what is wrong with the file', async () => {
  expect(() => lockFolder(join(folder, 'missing'), 'me')).toThrow(join(folder, 'missing', 'lock'));
  await writeFile(join(folder, 'lock'), 'x'.repeat(5_000));
  expect(() => lockFolder(folder, 'me')).toThrow(join(folder, 'lock'));
});
