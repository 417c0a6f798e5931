/** The language under fuzz for as long as one likes: FUZZ_SECONDS, ten minutes without it, shared by four kinds of text. */
import fc from 'fast-check';
import { test } from 'vitest';
import { programs } from '../testing/programs.ts';
import { checkRobust, mutated, randomBytes, randomText, randomTokens } from '../testing/robustness.ts';

const KINDS = [
  ['random bytes', randomBytes],
  ['random text', randomText],
  ['random tokens', randomTokens],
  ['mutated programs', mutated([...programs('good'), ...programs('bad')].map(({ text }) => text))],
] as const;
const limitMs = (Number(process.env['FUZZ_SECONDS'] ?? 600) * 1_000) / KINDS.length;

test.each(KINDS)('%s are parsed and checked within bounds', { timeout: limitMs * 2 + 60_000 }, (_, texts) => {
  fc.assert(fc.property(texts, checkRobust), { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false });
});
