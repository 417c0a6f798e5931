/** Runs whose outputs are lent are put back later, when other runs have come: nobody finds anything of anybody, whatever the order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sets } from '../sets/item.ts';
import type { RunOutcome, Sandbox } from './sandbox.ts';
import { openModule, testFactory } from './testing/assemble.ts';
import { plainOutputs } from './testing/compliance.ts';
import { leanPrograms } from './testing/lean-programs.ts';
import { wasiPrograms } from './testing/wasi-programs.ts';
import type { Marking } from './wasm-factory.ts';

const SANDBOXES = 3;
const BYTES = [0x61, 1, 2, 255] as const;
const inputs = (byte: number): Sets => [{ name: 'in', items: [{ name: 'a', key: 0, data: Uint8Array.of(byte) }] }];
const shown = (outcome: RunOutcome): string => JSON.stringify(plainOutputs(outcome));

/** The last one grows its memory, which is then dropped and not put back. */
async function open(marks: Marking, pooled: boolean, wasi: boolean): Promise<readonly Sandbox[]> {
  const factory = testFactory(marks);
  const programs = wasi ? wasiPrograms(pooled) : leanPrograms(pooled);
  const canaries = await Promise.all(Array.from({ length: SANDBOXES }, () => openModule(programs.canary, {}, factory)));
  return [...canaries, await openModule(programs.grow, {}, factory)];
}

const operation = fc.record({ sandbox: fc.nat(SANDBOXES), kind: fc.constantFrom('lend', 'run', 'settle', 'rest'), byte: fc.constantFrom(...BYTES) });

test.each([
  ['always', false, false],
  ['always', true, false],
  ['always', false, true],
  ['always', true, true],
  ['never', false, false],
  ['never', true, false],
] as const)('code that marks %s, pooled %s, WASI %s', async (marks, pooled, wasi) => {
  const sandboxes = await open(marks, pooled, wasi);
  const fresh = sandboxes.map((sandbox) => new Map(BYTES.map((byte) => [byte, shown(sandbox.run(inputs(byte), null))])));
  fc.assert(
    fc.property(fc.array(operation, { minLength: 10, maxLength: 60 }), (operations) => {
      for (const { sandbox: index, kind, byte } of operations) {
        const sandbox = sandboxes[index] as Sandbox;
        if (kind === 'rest') sandbox.rest();
        else sandbox.settle();
        if (kind === 'lend') expect(shown(sandbox.lend(inputs(byte), null))).toBe(fresh[index]?.get(byte));
        if (kind === 'run') expect(shown(sandbox.run(inputs(byte), null))).toBe(fresh[index]?.get(byte));
      }
    }),
    { numRuns: 60 },
  );
});
