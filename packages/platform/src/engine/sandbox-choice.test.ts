import { systemClock, silentLogger } from '@pappus/core';
import { assembleWasm } from '@pappus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import { leanPrograms } from '../sandbox/testing/lean-programs.ts';
import type { ComputeEngine, SegmentResult, SegmentStep } from './compute-engine.ts';
import { createComputeEngine } from './create-compute-engine.ts';
import { LAST_WORDS_BYTES } from './limits.ts';
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

async function deploy(hash: string, code: Uint8Array, kind: FunctionSpec['kind'], timeMs: number = fakeSpec().limits.timeMs): Promise<void> {
  const spec: FunctionSpec = { ...fakeSpec(), kind, limits: { ...fakeSpec().limits, memoryBytes: 32 * 2 ** 20, timeMs } };
  const preparation = await engine.prepare(code, spec, NEVER);
  if (preparation.kind === 'refused') throw new Error(preparation.problems.join('\n'));
  functions.set(hash, { spec, module: preparation.module });
}

const run = (hash: string): ReturnType<ComputeEngine['run']> => engine.run({ ...taskOf(oneStep(hash), [textSet('in', 'one', 'two')]), traced: true }, NEVER);

const printed = ({ logs }: SegmentResult): unknown => logs.map(({ step, log }) => [step, Buffer.from(log.stdout).toString(), Buffer.from(log.stderr).toString(), log.droppedBytes]);

/** Prints for ever. */
const PRINT_AND_LOOP = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\\10\\00\\00\\00\\08\\00\\00\\00printed ")
  (func (export "_start") (loop $again (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) (br $again))))`;

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

test('what a run printed before it hung is told, and what the runs before it printed', async () => {
  const PRINTS = 'console.log("here I am"); console.error("and there");';
  await deploy('speaks', Buffer.from(`export default ({ in: items }) => { ${PRINTS} return { out: items }; }`), 'javascript');
  await deploy('hangs', Buffer.from('export default () => { console.log("I hang"); for (;;); }'), 'javascript', 200);
  const chain = { steps: [...oneStep('speaks').steps, { ...(oneStep('hangs').steps[0] as SegmentStep), inputs: [{ step: 0, output: 0, distribution: 'all', optional: false } as const] }], fanOut: 8 };
  const result = await engine.run(taskOf(chain, [textSet('in', 'one')]), NEVER);
  expect(result).toMatchObject({ kind: 'failed', step: 1, failure: { kind: 'limit', limit: 'time' } });
  expect(printed(result)).toEqual([[0, 'here I am\n', 'and there\n', 0], [1, 'I hang\n', '', 0]]);
  await deploy('wasi', await assembleWasm(PRINT_AND_LOOP), 'wasm', 200);
  const flood = await run('wasi');
  expect(flood).toMatchObject({ kind: 'failed', failure: { limit: 'time' } });
  const [[step, stdout, , dropped]] = printed(flood) as readonly [readonly [number, string, string, number]];
  expect([step, stdout.slice(0, 8)]).toEqual([0, 'printed ']);
  expect(stdout.length).toBeLessThanOrEqual(LAST_WORDS_BYTES);
  expect(dropped).toBeGreaterThan(0);
});

test('what is no module is refused', async () => {
  expect(await engine.prepare(Buffer.from('no module'), fakeSpec(), NEVER)).toMatchObject({ kind: 'refused' });
});
