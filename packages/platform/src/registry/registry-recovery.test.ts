/** The registry against its model over restarts, and after kills, damage and clutter. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompositionGraph } from '@pappus/composition';
import { randomInt, systemClock, type Logger, type LogLevel } from '@pappus/core';
import { forEachSeed } from '@pappus/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { functionHash } from './content-hash.ts';
import { encodeLine } from './journal-line.ts';
import { Registry } from './registry.ts';
import type { FunctionVersion } from './version.ts';
import { killDeployments } from './testing/killed-deployments.ts';
import { applyToRegistry, changeAt, readEverything, RegistryModel, stateOf } from './testing/registry-model.ts';
import { BUILTINS, NEVER, sampleCode, sampleFunction, sampleSpec } from './testing/samples.ts';

let folder: string;
let logged: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-registry-'));
  logged = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const memory: Logger = { log: (level: LogLevel, message: string) => void logged.push(`${level} ${message}`), child: () => memory };
const open = (at: string = folder): Promise<Registry> => Registry.open({ folder: at, clock: systemClock, logger: memory, builtins: BUILTINS });

async function blobFiles(): Promise<readonly string[]> {
  const names = await readdir(join(folder, 'blobs'), { recursive: true });
  return names.filter((name) => name.includes('/'));
}

it('agrees with its model after random changes and restarts', async () => {
  await forEachSeed({ count: 8 }, async (random, seed) => {
    const at = join(folder, String(seed));
    let registry = await open(at);
    const model = new RegistryModel();
    for (let index = 0; index < 60; index += 1) {
      const change = changeAt(seed, index);
      const answer = await applyToRegistry(registry, model, change);
      expect(answer, `change ${index}: ${JSON.stringify(change)}`).toBe(model.apply(change));
      if (randomInt(random, 0, 9) === 0) {
        await registry.close();
        registry = await open(at);
      }
      expect(stateOf(registry)).toEqual(model.state());
    }
    await readEverything(registry);
    await registry.close();
  });
  expect(logged).toEqual([]);
});

it('is whole after a kill at any instant, and holds what was acknowledged', { timeout: 120_000 }, async () => {
  const result = await killDeployments(folder, 2, 1);
  expect(result.changes).toBeGreaterThan(2);
});

it('shortens its journal when most of it is history', async () => {
  let registry = await open();
  for (let change = 0; change < 1_100; change += 1) await registry.deployFunction(sampleFunction('f', change % 2), NEVER);
  await registry.close();
  const lines = (await readFile(join(folder, 'journal'), 'utf8')).split('\n').length;
  expect(lines).toBeLessThan(200);
  registry = await open();
  expect(registry.describe('f').versions).toHaveLength(2);
  expect(registry.resolve('f').hash).toBe(functionHash(sampleSpec(), sampleCode(1)));
  await registry.close();
});

it('cuts off a change that was being written', async () => {
  let registry = await open();
  await registry.deployFunction(sampleFunction('f', 1), NEVER);
  await registry.close();
  const journal = await readFile(join(folder, 'journal'));
  const line = journal.subarray(journal.indexOf(0x0a) + 1, -1);
  await appendFile(join(folder, 'journal'), Buffer.concat([line, line])); // longer than the next line, which has to end the file
  registry = await open();
  expect(logged).toEqual([expect.stringContaining('info the journal of the registry ended')]);
  await registry.deployFunction(sampleFunction('g', 2), NEVER);
  await registry.close();
  logged = [];
  registry = await open();
  expect(registry.list().map(({ name }) => name)).toEqual(['f', 'g']);
  expect(logged).toEqual([]);
  await registry.close();
});

it('uses every line of a damaged journal that is whole, and keeps the rest aside', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
  let registry = await open();
  for (const [index, name] of names.entries()) await registry.deployFunction(sampleFunction(name, index), NEVER);
  await registry.close();
  const whole = await readFile(join(folder, 'journal'));
  await forEachSeed({ count: 60 }, async (random) => {
    const damaged = Buffer.from(whole);
    const position = randomInt(random, 0, whole.byteLength - 1);
    damaged[position] = (damaged[position] as number) ^ (1 << randomInt(random, 0, 7));
    await writeFile(join(folder, 'journal'), damaged);
    registry = await open();
    const found = registry.list().map(({ name }) => name);
    // One line, or two when the line feed between them is hit.
    expect(found.length).toBeGreaterThanOrEqual(names.length - 2);
    for (const name of found) expect(await registry.load(registry.resolve(name).hash)).not.toBeNull();
    await registry.close();
    expect(await blobFiles()).toHaveLength(2 * names.length); // those of lost lines too, for whoever repairs the journal
    registry = await open();
    expect(registry.list().map(({ name }) => name)).toEqual(found);
    await registry.close();
    expect(await blobFiles()).toHaveLength(2 * names.length);
  });
  expect(logged.some((line) => line.startsWith('error lines of the journal'))).toBe(true);
  expect((await readdir(folder)).filter((name) => name.startsWith('journal.damaged-')).length).toBeLessThanOrEqual(8);
});

it.each([
  ['emptied', (path: string): Promise<void> => writeFile(path, '')],
  ['gone', (path: string): Promise<void> => rm(path)],
  ['without its first line', async (path: string): Promise<void> => writeFile(path, (await readFile(path)).subarray((await readFile(path)).indexOf(0x0a) + 1))],
])('removes no blob after the journal was %s, until people have looked', async (_, damage) => {
  let registry = await open();
  for (const content of [1, 2, 3]) await registry.deployFunction(sampleFunction(`f${content}`, content), NEVER);
  await registry.close();
  const before = await blobFiles();
  const whole = await readFile(join(folder, 'journal'));
  await damage(join(folder, 'journal'));
  for (const level of ['error', 'warn', 'warn']) {
    logged = [];
    registry = await open();
    expect(logged).toEqual([expect.stringContaining(level)]);
    // Blobs of the lost lines that others speak of too, and no longer do.
    await registry.deployFunction(sampleFunction('g', 1), NEVER);
    await registry.remove('g', { force: false }, NEVER);
    await registry.close();
    expect(await blobFiles()).toEqual(before);
  }
  for (const name of await readdir(folder)) if (name.startsWith('journal.damaged-')) await rm(join(folder, name));
  await writeFile(join(folder, 'journal'), whole);
  registry = await open();
  for (const name of ['f1', 'f2', 'f3']) expect(await registry.load(registry.resolve(name).hash)).not.toBeNull();
  await registry.remove('f1', { force: false }, NEVER);
  await registry.close();
  expect(await blobFiles()).toHaveLength(4);
});

it('refuses what would be a longer line than it reads back, and stores nothing of it', async () => {
  let registry = await open();
  const sets = Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(70_000, 'x'));
  const graph: CompositionGraph = { name: 'c', sets, inputs: sets.length, outputs: [], applications: [] };
  await expect(registry.deployCompositions({ source: 'composition c', graphs: [graph] }, NEVER)).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringMatching(/takes \d+ bytes in the registry, of at most 67108864/) });
  expect(registry.list()).toEqual([]);
  expect(await blobFiles()).toEqual([]);
  await registry.close();
  registry = await open();
  expect(logged).toEqual([]);
  await registry.close();
});

it('names a damaged blob, leaves the others alone, and takes a new deployment as its repair', async () => {
  const registry = await Registry.open({ folder, clock: systemClock, logger: memory, builtins: BUILTINS, moduleCacheBytes: 0 });
  for (const content of [1, 2]) await registry.deployFunction(sampleFunction(`f${content}`, content), NEVER);
  const { hash, module } = registry.resolve('f1') as FunctionVersion;
  const path = join(folder, 'blobs', module.id.slice(0, 2), module.id.slice(2));
  const content = await readFile(path);
  for (const damage of [Buffer.concat([content.subarray(1), Buffer.from('!')]), content.subarray(1), null]) {
    await (damage === null ? rm(path) : writeFile(path, damage));
    await expect(registry.load(hash)).rejects.toMatchObject({ code: 'corrupt-data', message: expect.stringContaining(path) });
    expect(await registry.load(registry.resolve('f2').hash)).not.toBeNull();
    expect(await registry.deployFunction(sampleFunction('f1', 1), NEVER)).toMatchObject({ versions: [{ created: false }] });
    expect((await registry.load(hash))?.module.bytes).toEqual(content);
  }
  await registry.close();
});

it('reports blobs that are missing at open, and collects those of nobody', async () => {
  let registry = await open();
  await registry.deployFunction(sampleFunction('f', 1), NEVER);
  await registry.close();
  const before = await blobFiles();
  const orphan = 'ab'.repeat(32);
  await rm(join(folder, 'blobs', before[0] as string));
  await writeFile(join(folder, 'blobs', (before[1] as string).slice(0, 2), orphan.slice(2)), 'orphan');
  await writeFile(join(folder, 'incoming', '7'), 'half');
  registry = await open();
  await vi.waitFor(() => expect(logged.join('\n')).toMatch(/info removed blobs[^]*error blobs are missing/));
  expect(await blobFiles()).toEqual(before.slice(1));
  expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  await registry.close();
});

it('removes the blobs of removed versions, not those that others share', async () => {
  const registry = await open();
  await registry.deployFunction(sampleFunction('f', 1), NEVER);
  await registry.deployFunction(sampleFunction('g', 1), NEVER);
  await registry.deployFunction(sampleFunction('f', 2), NEVER);
  expect(await blobFiles()).toHaveLength(4);
  await registry.remove('f', { force: false }, NEVER);
  await registry.close();
  expect(await blobFiles()).toHaveLength(2);
});

it('does not touch a journal of a later version', async () => {
  await (await open()).close();
  const later = encodeLine({ kind: 'format', version: 2 });
  await writeFile(join(folder, 'journal'), later);
  await expect(open()).rejects.toMatchObject({ code: 'unsupported' });
  expect(await readFile(join(folder, 'journal'))).toEqual(later);
});
