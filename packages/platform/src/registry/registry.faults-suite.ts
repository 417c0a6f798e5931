/** What the registry keeps when the server is killed 200 times, when the disk is full, and with ten thousand functions. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, silentLogger, systemClock } from '@pappus/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Registry } from './registry.ts';
import { killDeployments } from './testing/killed-deployments.ts';
import { readEverything } from './testing/registry-model.ts';
import { BUILTINS, NEVER, sampleFunction } from './testing/samples.ts';

const KIB = 1024;
let root: string;
let tinyDisk: string | null = null;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-registry-'));
  tinyDisk = await mountTinyDisk(join(root, 'tiny'));
});

afterAll(async () => {
  if (tinyDisk !== null) execFileSync('umount', [tinyDisk]);
  await rm(root, { recursive: true, force: true });
});

/** One MiB; null where this user may not mount. */
async function mountTinyDisk(at: string): Promise<string | null> {
  await mkdir(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'pappus-test', at], { stdio: 'ignore' });
    return at;
  } catch {
    process.stderr.write('SKIPPED: only root can mount the full disk of these tests\n');
    return null;
  }
}

const withRoot = it.skipIf(process.getuid?.() !== 0);
const open = (folder: string): Promise<Registry> => Registry.open({ folder, clock: systemClock, logger: silentLogger, builtins: BUILTINS });

/** Deploys until the disk is full; the names that were acknowledged. */
async function fill(registry: Registry, contentOf: (index: number) => number, bytes: number): Promise<{ readonly names: readonly string[]; readonly failure: AppError }> {
  const names: string[] = [];
  for (let index = 0; ; index += 1) {
    const deployment = sampleFunction(`f${bytes}_${index}`, contentOf(index));
    const module = { ...deployment.module, bytes: Buffer.alloc(bytes, deployment.module.bytes) };
    try {
      await registry.deployFunction({ ...deployment, module }, NEVER);
      names.push(deployment.name);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(AppError);
      return { names, failure: thrown as AppError };
    }
  }
}

it('is whole after each of 200 kills', async () => {
  const result = await killDeployments(join(root, 'killed'), 200, 20_260);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  expect(result.kills).toBe(200);
  // Both happen, or the kills never met a change in progress.
  expect(result.unacknowledgedKept).toBeGreaterThan(0);
  expect(result.unacknowledgedLost).toBeGreaterThan(0);
});

withRoot('a full disk refuses what does not fit, and nothing is half registered', async () => {
  const folder = join(String(tinyDisk), 'registry');
  let registry = await open(folder);
  const blobs = await fill(registry, (index) => index, 40 * KIB);
  expect(blobs.failure).toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining('disk is full'), hint: expect.stringContaining(folder) });
  // The same content again: no new blob, so that it is the journal that does not fit.
  await writeFile(join(String(tinyDisk), 'filler'), Buffer.alloc(2 * 1024 * KIB)).catch(() => {});
  const lines = await fill(registry, () => 0, 40 * KIB);
  expect(lines.failure).toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining('journal') });
  const names = [...new Set([...blobs.names, ...lines.names])].sort();
  const check = async (): Promise<void> => {
    expect(registry.list().map(({ name }) => name)).toEqual(names);
    expect(await readEverything(registry)).toBe(registry.stats().versions);
  };
  await check();
  await registry.close();
  registry = await open(folder);
  await check();
  await rm(join(String(tinyDisk), 'filler'));
  await registry.remove(names[0] as string, { force: false }, NEVER);
  await registry.close();
  registry = await open(folder);
  await registry.deployFunction(sampleFunction('after', 1), NEVER);
  names.splice(0, 1, 'after');
  names.sort();
  await check();
  await registry.close();
  await rm(folder, { recursive: true });
});

withRoot('a folder on a full disk is refused with its name', async () => {
  await writeFile(join(String(tinyDisk), 'filler'), Buffer.alloc(2 * 1024 * KIB)).catch(() => {});
  const folder = join(String(tinyDisk), 'new');
  await mkdir(folder).catch(() => {});
  await expect(open(folder)).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining(folder) });
  await rm(join(String(tinyDisk), 'filler'));
  await (await open(folder)).close();
});

it('opens ten thousand functions within three seconds and 256 MB', async () => {
  const folder = join(root, 'many');
  let registry = await open(folder);
  const deploying = async (first: number): Promise<void> => {
    for (let index = first; index < 10_000; index += 8) await registry.deployFunction(sampleFunction(`function_${index}`, index), NEVER);
  };
  await Promise.all(Array.from({ length: 8 }, (_, first) => deploying(first)));
  await registry.close();
  const before = process.memoryUsage();
  const startMs = performance.now();
  registry = await open(folder);
  const openMs = performance.now() - startMs;
  const after = process.memoryUsage();
  const { size } = await stat(join(folder, 'journal'));
  process.stdout.write(`opened in ${openMs.toFixed(0)} ms, ${((after.rss - before.rss) / 1e6).toFixed(1)} MB more, a journal of ${(size / 1e6).toFixed(1)} MB\n`);
  expect(registry.stats()).toMatchObject({ names: 10_000, versions: 10_000 });
  expect((await readdir(join(folder, 'blobs'))).length).toBe(256);
  await registry.close();
  expect(openMs).toBeLessThan(3_000);
  expect(after.rss - before.rss).toBeLessThan(256e6);
});
