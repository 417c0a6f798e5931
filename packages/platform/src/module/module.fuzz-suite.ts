/** The module loader under fuzz for as long as one likes: FUZZ_SECONDS, ten minutes without it, shared by five kinds of modules. */
import { readFileSync } from 'node:fs';
import { assembleWasm } from '@pappus/testkit';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { leanPrograms } from '../sandbox/testing/lean-programs.ts';
import { wasiPrograms } from '../sandbox/testing/wasi-programs.ts';
import { crowded } from './testing/crowded-module.ts';
import { damaged, randomBytes, randomSections, structured } from './testing/module-mutations.ts';
import { checkModule, type Fate } from './testing/module-robustness.ts';

const EXAMPLES = ['hello-assemblyscript/hello', 'hello-rust/hello', 'matmul/multiply', 'thumbnails/thumbnail'];
const good: Uint8Array[] = [];

beforeAll(async () => {
  for (const pooled of [false, true]) for (const text of Object.values({ ...leanPrograms(pooled), ...wasiPrograms(pooled) })) good.push(await assembleWasm(text));
  for (const example of EXAMPLES) good.push(readFileSync(new URL(`../../../../examples/${example}.wasm`, import.meta.url)));
});

const MOST_RSS_BYTES = 3_000_000_000;
const KINDS: readonly (readonly [title: string, modules: () => fc.Arbitrary<Uint8Array>, share: number])[] = [
  ['random bytes', () => randomBytes, 0.05],
  ['random sections', () => randomSections, 0.1],
  ['damaged modules', () => damaged(good), 0.45],
  ['structured modules', () => structured, 0.3],
  ['very many of one thing', () => crowded, 0.1],
];
const limitMs = Number(process.env['FUZZ_SECONDS'] ?? 600) * 1_000;

test.each(KINDS)('%s are refused with the reason, or run within bounds', { timeout: limitMs * 2 + 60_000 }, async (title, modules, share) => {
  const fates: Record<Fate, number> = { invalid: 0, refused: 0, ran: 0, endless: 0 };
  const property = fc.asyncProperty(modules(), async (code) => {
    fates[await checkModule(code)] += 1;
  });
  await fc.assert(property, { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: limitMs * share, markInterruptAsFailure: false });
  process.stdout.write(`${title}: ${JSON.stringify(fates)}\n`);
  expect(process.memoryUsage().rss).toBeLessThan(MOST_RSS_BYTES);
});
