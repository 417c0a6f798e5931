import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deployableFiles } from './deployable-files.ts';
import { readManifest } from './manifest.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-deployable-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('are those that say so, and those of which nobody knows since they cannot be read', async () => {
  const sources = [['good.ts', `export const inputs = ['a'];`], ['part.ts', 'export const part = 1;'], ['constructor.ts', 'export const part = 2;'], ['all.pcl', '']] as const;
  await Promise.all(sources.map(([name, text]) => writeFile(join(folder, name), text)));
  await symlink(join(folder, 'nothing'), join(folder, 'broken.ts'));
  expect(await deployableFiles(folder, await readManifest(folder))).toEqual(['all.pcl', 'broken.ts', 'good.ts'].map((name) => join(folder, name)));
});
