import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SpillFile } from './spill-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-spill-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('gives back what was appended, and has no name in its folder', async () => {
  const file = new SpillFile(folder);
  const first = await file.append([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  const second = await file.append([Uint8Array.of(4, 5, 6)]);
  expect(await readdir(folder)).toEqual([]);
  expect([...(await file.read(second))]).toEqual([4, 5, 6]);
  expect([...(await file.read(first))]).toEqual([1, 2, 3]);
  await file.close();
  await file.close();
});

it('keeps what is appended right after a reset', async () => {
  const file = new SpillFile(folder);
  await file.append([new Uint8Array(100_000).fill(1)]);
  const resetting = file.reset();
  const extent = await file.append([new Uint8Array(50_000).fill(2)]);
  await resetting;
  expect(extent).toEqual({ offset: 0, length: 50_000 });
  expect(new Set(await file.read(extent))).toEqual(new Set([2]));
  await file.close();
});

it('makes no file before something is spilled', async () => {
  const missing = join(folder, 'never');
  await new SpillFile(missing).close();
  expect(await readdir(folder)).toEqual([]);
});

// A disk of 1 MiB in a mount namespace of its own; needs no root where user namespaces are allowed.
const script = (module: string, disk: string): string => `
  const { SpillFile } = await import(${JSON.stringify(module)});
  const file = new SpillFile(${JSON.stringify(disk)});
  try { for (let i = 0; i < 8; i++) await file.append([new Uint8Array(300000)]); }
  catch (error) { process.stdout.write(JSON.stringify({ code: error.code, message: error.message, hint: error.hint })); }
  await file.close();`;
const inNamespace = (command: readonly string[]): ReturnType<typeof spawnSync> => spawnSync('unshare', ['--user', '--map-root-user', '--mount', ...command], { encoding: 'utf8' });
const namespaces = inNamespace(['true']).status === 0;

it.skipIf(!namespaces)('says that the disk is full, and what to do', async () => {
  const disk = join(folder, 'small');
  await mkdir(disk);
  const module = pathToFileURL(join(import.meta.dirname, 'spill-file.ts')).href;
  const node = [process.execPath, '--conditions=source', '--input-type=module', '-e', script(module, disk)];
  const result = inNamespace(['sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', disk, ...node]);
  const error: unknown = JSON.parse(String(result.stdout));
  expect(error).toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining(disk), hint: expect.stringContaining('spill folder') });
});
