/** What registered functions and compositions can count on: names, versions, callers, refusals. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, silentLogger } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { functionHash } from './content-hash.ts';
import { REMOVAL_GRACE_MS } from './limits.ts';
import { Registry, type Deployment } from './registry.ts';
import { BUILTINS, NEVER, sampleCode, sampleFunction, sampleGraph, sampleSpec } from './testing/samples.ts';

let folder: string;
let clock: SimulatedClock;
let registry: Registry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-registry-'));
  clock = new SimulatedClock();
  registry = await open();
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (): Promise<Registry> => Registry.open({ folder, clock, logger: silentLogger, builtins: BUILTINS });
const deploy = (name: string, content: number, inputs: readonly string[] = ['in']): Promise<Deployment> =>
  registry.deployFunction(sampleFunction(name, content, sampleSpec({ inputs })), NEVER);
const compose = (name: string, callees: readonly string[], source = `${name} ${callees.join(' ')}`): Promise<Deployment> =>
  registry.deployCompositions({ source, graphs: [sampleGraph(name, callees)] }, NEVER);
const hashOf = (content: number): string => functionHash(sampleSpec(), sampleCode(content));

async function failureOf(operation: () => unknown): Promise<AppError> {
  try {
    await operation();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return thrown as AppError;
  }
  throw new Error('it did not fail');
}

it('keeps versions over a restart, the latest first', async () => {
  await deploy('f', 1);
  await clock.advance(10);
  await deploy('f', 2);
  await registry.close();
  registry = await open();
  expect(registry.resolve('f').hash).toBe(hashOf(2));
  expect(registry.describe('f').versions.map(({ hash }) => hash)).toEqual([hashOf(2), hashOf(1)]);
  expect((await registry.load(hashOf(1)))?.module.bytes).toEqual(Buffer.from(sampleFunction('f', 1).module.bytes));
  expect(await registry.original(registry.resolve(`f@${hashOf(1)}`))).toEqual(Buffer.from(sampleCode(1)));
});

it('deploying the same content twice is one version, and makes it the latest', async () => {
  expect(await deploy('f', 1)).toMatchObject({ versions: [{ hash: hashOf(1), created: true }] });
  const { revision } = registry;
  expect(await deploy('f', 1)).toMatchObject({ versions: [{ hash: hashOf(1), created: false }] });
  expect(registry.revision).toBe(revision);
  await deploy('f', 2);
  await clock.advance(10);
  expect(await deploy('f', 1)).toMatchObject({ versions: [{ created: false }] });
  const { versions, version } = registry.describe('f');
  expect(versions.map(({ hash }) => hash)).toEqual([hashOf(1), hashOf(2)]);
  expect(version.deployedMs - version.createdMs).toBe(10);
});

it('the spec is part of a version', async () => {
  const slow = sampleSpec({ limits: { ...sampleSpec().limits, timeMs: 60_000 } });
  await deploy('f', 1);
  expect(await registry.deployFunction(sampleFunction('f', 1, slow), NEVER)).toMatchObject({ versions: [{ created: true }] });
});

it('a version is found by the beginning of its hash', async () => {
  await deploy('f', 1);
  await deploy('f', 2);
  expect(registry.resolve(`f@${hashOf(1).slice(0, 8)}`).hash).toBe(hashOf(1));
  expect((await failureOf(() => registry.resolve(`f@${hashOf(1).slice(0, 7)}`))).message).toContain('at least 8 digits');
  expect((await failureOf(() => registry.resolve('f@00000000'))).code).toBe('not-found');
  expect((await failureOf(() => registry.resolve('f@nonsense'))).code).toBe('invalid-argument');
});

it('an unknown name is answered with the nearest', async () => {
  await deploy('thumbnail', 1);
  expect(await failureOf(() => registry.resolve('thumnail'))).toMatchObject({ code: 'not-found', hint: 'Did you mean thumbnail?' });
  expect((await failureOf(() => registry.resolve('classify'))).hint).toBeNull();
  expect((await failureOf(() => registry.resolve('../etc/passwd'))).code).toBe('invalid-argument');
  expect((await failureOf(() => registry.resolve('x'.repeat(1_000_000)))).message.length).toBeLessThan(500);
});

it('refuses names and specs with all their problems at once', async () => {
  const spec = sampleSpec({ inputs: ['a', 'a'], outputs: ['../b'], memoize: true, capabilities: { clock: true, random: false, environment: {} } });
  const refused = await registry.deployFunction(sampleFunction('HTTP', 1, spec), NEVER);
  expect(refused).toMatchObject({ kind: 'refused' });
  expect(refused.kind === 'refused' ? refused.problems.join('\n') : '').toMatch(/own functions[^]*no name of an output set[^]*there twice|own functions[^]*there twice[^]*output set/);
  expect(refused.kind === 'refused' && refused.problems.length).toBe(4);
  expect(registry.list()).toEqual([]);
});

it('a composition follows the names that it calls', async () => {
  await deploy('f', 1);
  await compose('c', ['f', 'HTTP', 'f']);
  await deploy('f', 2);
  expect(registry.describe('f').callers).toEqual(['c']);
  expect(registry.describe('c')).toMatchObject({ problems: [], signature: { inputs: ['a'], outputs: ['s2'] } });
});

it('the names of the platform\'s own functions are taken, also of those that are not there, which say what to do', async () => {
  await registry.close();
  registry = await Registry.open({ folder, clock, logger: silentLogger, builtins: BUILTINS, reserved: new Map([['HTTP', 'start it with HTTP'], ['Files', 'start it with Files']]) });
  for (const name of ['HTTP', 'Files']) {
    expect(await deploy(name, 1)).toMatchObject({ kind: 'refused', problems: [`${name} is the name of one of the platform's own functions`] });
    expect(await compose(name, ['HTTP'])).toMatchObject({ kind: 'refused', problems: [`${name} is the name of one of the platform's own functions`] });
  }
  expect(await failureOf(() => registry.resolve('Files'))).toMatchObject({ code: 'not-found', message: 'there is no function or composition Files', hint: 'start it with Files' });
  expect(await failureOf(() => registry.resolve('HTTP'))).toMatchObject({ code: 'not-found', message: "HTTP is one of the platform's own functions: compositions call it, as HTTP(requests) => (responses)" });
});

it('a composition that does not fit is refused with all reasons, and nothing of its source is registered', async () => {
  await deploy('none', 1, []);
  await deploy('compress', 2);
  const graphs = [sampleGraph('good', ['compress']), sampleGraph('bad', ['none', 'compres', 'good'])];
  const refused = await registry.deployCompositions({ source: 'x', graphs }, NEVER);
  expect(refused).toEqual({
    kind: 'refused',
    problems: ['bad calls none with 1, but it has no input set', 'bad calls compres: there is no function or composition compres. Did you mean compress?'],
  });
  expect(registry.list().map(({ name }) => name)).toEqual(['compress', 'none']);
});

it('compositions of one source may call each other, not in a circle', async () => {
  await deploy('f', 1);
  expect(await registry.deployCompositions({ source: 'x', graphs: [sampleGraph('a', ['b']), sampleGraph('b', ['f'])] }, NEVER)).toMatchObject({ kind: 'deployed' });
  expect(await compose('f', ['a'])).toEqual({ kind: 'refused', problems: ['compositions call each other in a circle: f → a → b → f'] });
  expect(await compose('a', ['a'])).toMatchObject({ kind: 'refused' });
  expect(registry.resolve('f').kind).toBe('function');
});

it('refuses compositions that nest too deep', async () => {
  await deploy('c0', 1);
  for (let depth = 1; depth <= 64; depth += 1) expect(await compose(`c${depth}`, [`c${depth - 1}`])).toMatchObject({ kind: 'deployed' });
  expect(await compose('c65', ['c64'])).toMatchObject({ kind: 'refused', problems: [expect.stringContaining('more than 64 deep')] });
});

it('refuses what makes its callers nest too deep, and compositions of one source that do', async () => {
  await deploy('f', 1);
  await deploy('g', 2);
  const tower = (name: string, lowest: string, height: number): ReturnType<typeof sampleGraph>[] => Array.from({ length: height }, (_, at) => sampleGraph(`${name}${at + 1}`, [at === 0 ? lowest : `${name}${at}`]));
  expect(await registry.deployCompositions({ source: 'x', graphs: [...tower('a', 'f', 40), ...tower('b', 'g', 24)] }, NEVER)).toMatchObject({ kind: 'deployed' });
  expect(await compose('f', ['b24'])).toMatchObject({ kind: 'refused', problems: [expect.stringContaining('more than 64 deep')] });
  expect(await compose('f', ['b23'])).toMatchObject({ kind: 'deployed' });
  expect(await registry.deployCompositions({ source: 'y', graphs: tower('d', 'g', 65) }, NEVER)).toMatchObject({ kind: 'refused', problems: [expect.stringContaining('more than 64 deep')] });
  expect(await registry.deployCompositions({ source: 'y', graphs: tower('d', 'g', 64) }, NEVER)).toMatchObject({ kind: 'deployed' });
});

it('says which compositions a new version no longer fits', async () => {
  await deploy('f', 1);
  await compose('c', ['f']);
  expect(await deploy('f', 2, [])).toMatchObject({ kind: 'deployed', breaks: ['c calls f with 1, but it has no input set'] });
  expect(registry.describe('c').problems).toHaveLength(1);
});

it('what a composition calls is removed only by force', async () => {
  await deploy('f', 1);
  await deploy('f', 2);
  await compose('c', [`f@${hashOf(1).slice(0, 8)}`]);
  expect(await registry.remove('f', { force: false }, NEVER)).toEqual({ kind: 'in-use', callers: ['c'] });
  expect(await registry.remove(`f@${hashOf(1)}`, { force: false }, NEVER)).toEqual({ kind: 'in-use', callers: ['c'] });
  expect(await registry.remove(`f@${hashOf(2)}`, { force: false }, NEVER)).toMatchObject({ kind: 'removed' });
  expect(await registry.remove('f', { force: true }, NEVER)).toMatchObject({ kind: 'removed', versions: [{ hash: hashOf(1) }] });
  expect(registry.describe('c').problems).toHaveLength(1);
  expect((await failureOf(() => registry.remove('f', { force: true }, NEVER))).code).toBe('not-found');
});

it('a version whose removal would bring back one that does not fit is kept', async () => {
  await deploy('f', 1, []);
  await deploy('f', 2);
  await compose('c', ['f']);
  expect(await registry.remove(`f@${hashOf(2)}`, { force: false }, NEVER)).toEqual({ kind: 'in-use', callers: ['c'] });
});

it('a removed function can be loaded for a while by what began before', async () => {
  await deploy('f', 1);
  await registry.remove('f', { force: false }, NEVER);
  expect((await failureOf(() => registry.resolve('f'))).code).toBe('not-found');
  expect(await registry.load(hashOf(1))).not.toBeNull();
  await clock.advance(REMOVAL_GRACE_MS + 1);
  await registry.deployFunction(sampleFunction('g', 2), NEVER); // behind the collection in the queue
  expect(await registry.load(hashOf(1))).toBeNull();
});

it('a function deployed again while its removal is pending stays', async () => {
  await deploy('f', 1);
  await registry.remove('f', { force: false }, NEVER);
  await deploy('g', 1);
  await clock.advance(REMOVAL_GRACE_MS + 1);
  await registry.close();
  registry = await open();
  expect(await registry.load(hashOf(1))).not.toBeNull();
});

it('another preparation of the same code replaces the old one', async () => {
  await deploy('f', 1);
  await registry.load(hashOf(1));
  const again = sampleFunction('f', 1);
  const bytes = new TextEncoder().encode('prepared by a later version');
  expect(await registry.deployFunction({ ...again, module: { ...again.module, bytes } }, NEVER)).toMatchObject({ versions: [{ created: false }] });
  expect((await registry.load(hashOf(1)))?.module.bytes).toEqual(Buffer.from(bytes));
});

it('is one server\'s, until that closes', async () => {
  const refused = await failureOf(open);
  expect(refused.message).toContain(folder);
  expect(refused.message).toContain(`process ${process.pid}`);
  await registry.close();
  await registry.close();
  registry = await open();
});

it('refuses changes when closed or cancelled', async () => {
  await expect(registry.deployFunction(sampleFunction('f', 1), AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  const accepted = deploy('f', 1);
  await registry.close();
  await expect(accepted).resolves.toMatchObject({ kind: 'deployed' });
  expect((await failureOf(() => deploy('g', 1))).code).toBe('unavailable');
});
