/** What an older Pappus registered runs on this one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, type Logger } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ComputeEngine } from '../engine/compute-engine.ts';
import { functionHash } from './content-hash.ts';
import { CurrentModules } from './current-modules.ts';
import { Registry } from './registry.ts';
import { makeOlder } from './testing/older-registry.ts';
import { BUILTINS, NEVER, sampleCode, sampleFunction, sampleSpec } from './testing/samples.ts';

let folder: string;
let registry: Registry;
let prepared: string[];
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-registry-'));
  registry = await open();
  prepared = [];
  warnings = [];
  for (const [name, content] of [['f', 1], ['g', 1], ['f', 2]] as const) await registry.deployFunction(sampleFunction(name, content), NEVER);
  await registry.close();
  await makeOlder(folder);
  registry = await open();
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (): Promise<Registry> => Registry.open({ folder, clock: new SimulatedClock(), logger: silentLogger, builtins: BUILTINS });
const hashOf = (content: number): string => functionHash(sampleSpec(), sampleCode(content));
const logger: Logger = { log: (_level, message) => void warnings.push(message), child: () => logger };
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const prepare: ComputeEngine['prepare'] = (code) => {
  prepared.push(text(code));
  const { report } = sampleFunction('any', 0).module;
  return Promise.resolve({ kind: 'prepared', module: { bytes: new TextEncoder().encode(`new of ${text(code)}`), report: { ...report, mode: 'pooled' } } });
};

it('is prepared again when it is first wanted, once for all of its names, and in its place among the versions', async () => {
  const modules = new CurrentModules({ registry, prepare, logger });
  expect(text((await modules.load(hashOf(1)))?.module.bytes)).toBe('new of code 1');
  expect(prepared).toEqual(['code 1']);
  await registry.close();
  registry = await open();
  const afterRestart = new CurrentModules({ registry, prepare, logger });
  expect(text((await afterRestart.load(hashOf(1)))?.module.bytes)).toBe('new of code 1');
  expect(prepared).toEqual(['code 1']);
  expect(registry.describe('f').versions.map(({ hash }) => hash)).toEqual([hashOf(2), hashOf(1)]);
  expect(registry.resolve('g')).toMatchObject({ hash: hashOf(1), report: { mode: 'pooled' } });
  expect(text(await registry.original(registry.resolve('f')))).toBe('code 2');
  expect(warnings).toEqual([]);
});

it('what this version prepared is not looked at again', async () => {
  await registry.deployFunction(sampleFunction('h', 3), NEVER);
  await new CurrentModules({ registry, prepare, logger }).load(hashOf(3));
  expect(prepared).toEqual([]);
});

it('what this version refuses is named, until it is deployed again', async () => {
  const refusing = new CurrentModules({ registry, prepare: () => Promise.resolve({ kind: 'refused', problems: ['it has a flaw'] }), logger });
  await expect(refusing.load(hashOf(2))).rejects.toMatchObject({ code: 'unsupported', message: 'f was prepared by another version of Pappus, and this one refuses it: it has a flaw', hint: 'Mend it and deploy f again.' });
  await registry.deployFunction(sampleFunction('f', 2), NEVER);
  expect(text((await refusing.load(hashOf(2)))?.module.bytes)).toBe('prepared 2');
});

it('runs where it cannot be kept, and says so', async () => {
  const keepPreparation = (): Promise<void> => Promise.reject(new Error('the disk is full'));
  const modules = new CurrentModules({ registry: { load: (hash) => registry.load(hash), original: (version) => registry.original(version), keepPreparation }, prepare, logger });
  expect(text((await modules.load(hashOf(1)))?.module.bytes)).toBe('new of code 1');
  expect(warnings).toEqual(['a module that was prepared again could not be kept']);
});

it('is not brought back where it is removed meanwhile', async () => {
  const removing: ComputeEngine['prepare'] = async (...given) => {
    await registry.remove('g', { force: true }, NEVER);
    await registry.remove('f', { force: true }, NEVER);
    return prepare(...given);
  };
  await new CurrentModules({ registry, prepare: removing, logger }).load(hashOf(1));
  expect(registry.list()).toEqual([]);
});
