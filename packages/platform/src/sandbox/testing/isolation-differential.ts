/** Random modules and inputs: a sandbox that has run before answers as a new instance of the unchanged module does. */
import { seededRandom } from '@pappus/core';
import { assembleWasm } from '@pappus/testkit';
import { expect } from 'vitest';
import { testFactory, testSpec } from './assemble.ts';
import { inputOf, item } from './compliance.ts';
import { runPlainly } from './plain-instance.ts';
import { randomModule } from './random-module.ts';

export interface DifferentialCounts {
  readonly runs: number;
  readonly traps: number;
  readonly reset: number;
}

/** Runs `modules` random modules, each on `inputs` inputs; failures name the seed. */
export async function compareWithNewInstances(firstSeed: number, modules: number, inputs: number): Promise<DifferentialCounts> {
  const factories = [testFactory('always'), testFactory('never')] as const;
  const spec = testSpec();
  const counts = { runs: 0, traps: 0, reset: 0 };
  for (let seed = firstSeed; seed < firstSeed + modules; seed++) {
    const random = seededRandom(seed);
    const { text, pooled } = randomModule(random);
    const factory = factories[seed % 2 === 0 ? 0 : 1];
    const code = await assembleWasm(text);
    const plain = await assembleWasm(text.replace('(memory 1 5)', '(memory (export "memory") 1 5)'));
    const prepared = await factory.prepare(code, spec);
    if (prepared.kind === 'refused') throw new Error(`seed ${seed}: ${prepared.problems.join(', ')}`);
    expect(prepared.module.report.mode, `seed ${seed}`).toBe(pooled ? 'pooled' : 'reset');
    const sandbox = await factory.open(prepared.module, spec);
    if (!pooled) counts.reset++;
    for (let run = 0; run < inputs; run++) {
      if (run % 8 === 5) sandbox.rest();
      const word = random.uint32();
      const data = Buffer.alloc(4);
      data.writeUInt32LE(word);
      const outcome = sandbox.run(inputOf(item('w', data)), null);
      const answer = outcome.kind === 'done' ? Buffer.from(outcome.outputs[0]?.items[0]?.data ?? []).readUInt32LE() : outcome.failure.kind;
      expect(answer === 'limit' ? 'trap' : answer, `seed ${seed}, run ${run}, input ${word}`).toBe(runPlainly(plain, word));
      counts.runs++;
      if (outcome.kind === 'failed') counts.traps++;
    }
    sandbox.rest();
  }
  return counts;
}
