/** Isolation at length: `isolation.test.ts` and the canaries of the compliance suite do the same in short. */
import { randomInt, systemRandom } from '@pappus/core';
import { expect, test } from 'vitest';
import { CANARY, complianceSpec } from '../javascript/testing/canary.ts';
import { newFactory } from '../javascript/testing/functions.ts';
import type { SandboxFactory } from './sandbox.ts';
import { assembleEach, testFactory } from './testing/assemble.ts';
import { isolationCompliance } from './testing/compliance.ts';
import { compareWithNewInstances } from './testing/isolation-differential.ts';
import { leanPrograms } from './testing/lean-programs.ts';
import { wasiPrograms } from './testing/wasi-programs.ts';

const CANARY_RUNS = 100_000;

for (const [pooled, marks] of [[false, 'always'], [false, 'never'], [true, 'always'], [true, 'never'], [false, 'tried']] as const) {
  const mode = `${pooled ? 'pooled' : 'reset'}, writes are marked: ${marks}`;
  const factory = (): SandboxFactory => testFactory(marks);
  const { canary: lean } = assembleEach(leanPrograms(pooled));
  const { canary: wasi } = assembleEach(wasiPrograms(pooled));
  isolationCompliance(`the lean interface, ${mode}`, { factory, programs: { canary: lean }, canaryRuns: CANARY_RUNS });
  isolationCompliance(`WASI, ${mode}`, { factory, programs: { canary: wasi }, canaryRuns: CANARY_RUNS });
}

isolationCompliance('JavaScript', { factory: () => newFactory(), spec: complianceSpec, programs: { canary: async () => Buffer.from(CANARY) }, canaryRuns: CANARY_RUNS });

test('kept and pooled sandboxes answer as new instances do, on many random modules', async () => {
  const seed = randomInt(systemRandom, 1, 1_000_000_000);
  process.stdout.write(`seeds from ${seed}\n`);
  const counts = await compareWithNewInstances(seed, 2_500, 40);
  expect(counts.runs).toBe(100_000);
}, 600_000);
