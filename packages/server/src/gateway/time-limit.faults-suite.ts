/** Endless loops in real WebAssembly and JavaScript, from request to answer: stopped at their time ± 100 ms. */
import { ProblemError, type Trace } from '@pappus/api';
import { leanProgramCode } from '@pappus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

const ROUNDS = 5;
const TOLERANCE_MS = 100;

let server: ServerUnderTest;

beforeAll(async () => {
  // One thread, so that each loop runs where its function is open already.
  server = await startUnderTest({ config: { engines: { threads: 1, spares: 0, spareProcesses: 0 } } });
  for (const [suffix, timeMs] of [['', 1_000], ['_default', undefined]] as const) {
    const spec = { inputs: ['in'], outputs: ['out'], limits: timeMs === undefined ? {} : { timeMs } };
    await server.client.deployFunction(`wasm${suffix}`, spec, await leanProgramCode('loop'));
    await server.client.deployFunction(`javascript${suffix}`, { ...spec, kind: 'javascript' }, Buffer.from(LOOP_WHERE_TOLD));
  }
  await server.deploy('copy');
});
afterAll(() => server.stop());

const LOOP_WHERE_TOLD = 'export default ({ in: [item] }) => { const endless = item.text() === "loop"; while (endless); return { out: [item] }; };';

/** On the thread that the next loop runs on. A WebAssembly module is open in no time; QuickJS needs a first run. */
async function warm(name: string): Promise<void> {
  expect(text(await server.client.invokeRaw(name.startsWith('wasm') ? 'copy' : name, 'once'))).toBe('once');
}

async function loop(name: string): Promise<{ readonly ms: number; readonly trace: Trace }> {
  const startedMs = performance.now();
  const thrown = await server.client.invokeRaw(name, 'loop', { traced: true }).then(() => null, (error: unknown) => error);
  const ms = performance.now() - startedMs;
  expect(thrown).toBeInstanceOf(ProblemError);
  const { problem } = thrown as ProblemError;
  expect(problem).toMatchObject({ status: 504, failure: { kind: 'limit', limit: 'time' } });
  return { ms, trace: await server.client.trace(problem.invocation ?? '') };
}

const tracedMs = ({ spans: [span] }: Trace): number => (span?.computeUs ?? 0) / 1e3;
const LANGUAGES = ['wasm', 'javascript'] as const;

it.each(LANGUAGES)('%s is stopped after a limit of a second, and its trace says so', async (name) => {
  const [took, traced]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    await warm(name);
    const { ms, trace } = await loop(name);
    took.push(ms);
    traced.push(tracedMs(trace));
  }
  const seen = `${took.map(Math.round).join(', ')}; by traces ${traced.map(Math.round).join(', ')}`;
  for (const ms of [...took, ...traced]) expect(ms, seen).toBeGreaterThan(999);
  // The best: what else the machine does is no matter of ours.
  for (const ms of [Math.min(...took), Math.min(...traced)]) expect(ms, seen).toBeLessThan(1_000 + TOLERANCE_MS);
}, 120_000);

it.each(LANGUAGES)('%s is stopped after 30 seconds where nobody has said a limit', async (name) => {
  await warm(`${name}_default`);
  const { ms, trace } = await loop(`${name}_default`);
  expect(ms).toBeGreaterThan(29_999);
  expect(Math.abs(tracedMs(trace) - 30_000)).toBeLessThan(TOLERANCE_MS);
}, 120_000);
