import { systemClock, silentLogger } from '@pappus/core';
import { assembleWasm } from '@pappus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import { leanPrograms } from '../sandbox/testing/lean-programs.ts';
import type { ComputeEngine } from './compute-engine.ts';
import { createComputeEngine } from './create-compute-engine.ts';
import { NEVER } from './testing/engine-under-test.ts';
import { fakeSpec, oneStep, outputTexts, taskOf, textSet } from './testing/fake-functions.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const functions = new Map<string, { readonly spec: FunctionSpec; readonly module: PreparedModule }>();
let folder: string;
let engine: ComputeEngine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-engine-test-'));
  const source = { load: async (hash: string) => functions.get(hash) ?? null };
  engine = await createComputeEngine({ processes: 1, threads: 1, spares: 1, spareProcesses: 0, source, folder, clock: systemClock, logger: silentLogger });
});
afterAll(async () => {
  await engine.stop();
  await rm(folder, { recursive: true });
});

async function deploy(hash: string, code: Uint8Array, kind: FunctionSpec['kind']): Promise<void> {
  const spec: FunctionSpec = { ...fakeSpec(), kind, limits: { ...fakeSpec().limits, memoryBytes: 32 * 2 ** 20 } };
  const preparation = await engine.prepare(code, spec, NEVER);
  if (preparation.kind === 'refused') throw new Error(preparation.problems.join('\n'));
  functions.set(hash, { spec, module: preparation.module });
}

const run = (hash: string): ReturnType<ComputeEngine['run']> => engine.run({ ...taskOf(oneStep(hash), [textSet('in', 'one', 'two')]), traced: true }, NEVER);

test('engines prepare and run WebAssembly', async () => {
  for (const pooled of [false, true]) {
    const hash = `copy ${pooled ? 'pooled' : 'reset'}`;
    await deploy(hash, await assembleWasm(leanPrograms(pooled).copy), 'wasm');
    expect(functions.get(hash)?.module.report.mode).toBe(pooled ? 'pooled' : 'reset');
    for (let round = 0; round < 3; round++) expect(outputTexts(await run(hash))).toEqual(['one', 'two']);
  }
  await deploy('trap', await assembleWasm(leanPrograms(false).trap), 'wasm');
  expect(await run('trap')).toMatchObject({ kind: 'failed', failure: { kind: 'trap' } });
});

test('engines prepare and run JavaScript', async () => {
  const source = 'export default ({ in: items }) => ({ out: items.map((item) => ({ ...item, data: item.text().toUpperCase() })) });';
  await deploy('upper', Buffer.from(source), 'javascript');
  const result = await run('upper');
  expect(outputTexts(result) ?? result).toEqual(['ONE', 'TWO']);
});

test('what is no module is refused', async () => {
  expect(await engine.prepare(Buffer.from('no module'), fakeSpec(), NEVER)).toMatchObject({ kind: 'refused' });
});
