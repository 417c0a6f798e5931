/** HTTP bodies under fuzz for as long as one likes, against a running server: FUZZ_SECONDS, ten minutes without it, shared by the forms. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BodyProbe } from '../testing/body-robustness.ts';
import { damagedBodies, FORMS, goodBodies } from '../testing/bodies.ts';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;
let probe: BodyProbe;

beforeAll(async () => {
  server = await startUnderTest({ config: { engines: { threads: 1, spareProcesses: 0 } } });
  await server.deploy('copy');
});
afterAll(() => server.stop());

const limitMs = (Number(process.env['FUZZ_SECONDS'] ?? 600) * 1_000) / (FORMS.length * 2);
const timeout = limitMs * 2 + 60_000;
const cuts = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });

async function fuzz<T>(title: string, bodies: fc.Arbitrary<T>, check: (body: T, cuts: readonly number[]) => Promise<void>): Promise<void> {
  probe = new BodyProbe(server.url);
  try {
    await fc.assert(fc.asyncProperty(bodies, cuts, check), { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false });
  } finally {
    probe.stop();
    process.stdout.write(`${title}: ${JSON.stringify([...probe.answers])}\n`);
  }
  // The last one may have been cut off by the end of the time.
  await expect.poll(() => server.client.metrics(), { timeout: 10_000 }).toMatch(/^pappus_body_bytes 0$/m);
  expect(text(await server.client.invokeRaw('copy', 'still here'))).toBe('still here');
}

test.each(FORMS)('a good %s body gives what was put into it, in one piece or many', { timeout }, (form) => fuzz(`good ${form}`, goodBodies(form), (body, places) => probe.checkGood(body, places)));

test.each(FORMS)('a damaged %s body is refused or understood, in one piece as in many', { timeout }, (form) => fuzz(`damaged ${form}`, damagedBodies(form), (body, places) => probe.checkDamaged(body, places)));
