/** What every provider of instances has to do. Its types have the shape of providers' own, which testkit does not import. */
import { strict as assert } from 'node:assert';

interface TestExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
  readonly lastWords: string;
  readonly peakMemoryBytes: number;
}

interface TestInstance {
  readonly exited: Promise<TestExit>;
  stop(): Promise<void>;
}

interface TestSpec {
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly label: string;
}

interface TestProvider {
  start(spec: TestSpec, signal: AbortSignal): Promise<TestInstance>;
  stop(): Promise<void>;
}

export interface ProviderUnderTest {
  provider(): TestProvider;
  /** Makes a JavaScript module that instances can run; returns its `entry`. */
  program(source: string): Promise<string>;
}

export interface ProviderCase {
  readonly name: string;
  run(under: ProviderUnderTest): Promise<void>;
}

const never = new AbortController().signal;
const IDLE = 'setInterval(() => {}, 1000);';

async function start({ provider, program }: ProviderUnderTest, source: string, signal: AbortSignal = never): Promise<TestInstance> {
  return provider().start({ entry: await program(source), args: ['a b'], env: { WORD: 'given' }, memoryBytes: 256 * 1_048_576, label: 'worker' }, signal);
}

async function reportsExit(under: ProviderUnderTest): Promise<void> {
  const instance = await start(under, `console.log(process.env.WORD, process.argv[2]); console.error('oops'); process.exitCode = 7;`);
  const exit = await instance.exited;
  assert.deepEqual({ code: exit.code, signal: exit.signal, reason: exit.reason }, { code: 7, signal: null, reason: 'exited' });
  assert.match(exit.lastWords, /given a b/);
  assert.match(exit.lastWords, /oops/);
}

async function reportsCrash(under: ProviderUnderTest): Promise<void> {
  const exit = await (await start(under, `throw new Error('my last words')`)).exited;
  assert.equal(exit.reason, 'exited');
  assert.notEqual(exit.code, 0);
  assert.match(exit.lastWords, /my last words/);
}

async function reportsSignal(under: ProviderUnderTest): Promise<void> {
  const exit = await (await start(under, `process.kill(process.pid, 'SIGKILL'); ${IDLE}`)).exited;
  assert.deepEqual({ code: exit.code, signal: exit.signal, reason: exit.reason }, { code: null, signal: 'SIGKILL', reason: 'killed' });
}

async function stopsTwice(under: ProviderUnderTest): Promise<void> {
  const instance = await start(under, IDLE);
  await Promise.all([instance.stop(), instance.stop()]);
  await instance.stop();
  assert.equal((await instance.exited).reason, 'stopped');
}

async function stopKeepsExit(under: ProviderUnderTest): Promise<void> {
  const instance = await start(under, 'process.exitCode = 5;');
  assert.equal((await instance.exited).code, 5);
  await instance.stop();
  assert.equal((await instance.exited).reason, 'exited');
}

async function stopsAll(under: ProviderUnderTest): Promise<void> {
  const instances = await Promise.all([1, 2, 3].map(() => start(under, IDLE)));
  await under.provider().stop();
  for (const instance of instances) assert.equal((await instance.exited).reason, 'stopped');
  await under.provider().stop();
  await assert.rejects(start(under, IDLE), { code: 'cancelled' });
}

async function obeysSignal(under: ProviderUnderTest): Promise<void> {
  const reason = new Error('no longer wanted');
  await assert.rejects(start(under, IDLE, AbortSignal.abort(reason)), reason);
}

export const providerCases: readonly ProviderCase[] = [
  { name: 'gives arguments and environment, reports code and last words', run: reportsExit },
  { name: 'reports the last words of an instance that crashed', run: reportsCrash },
  { name: 'reports the signal that killed an instance', run: reportsSignal },
  { name: 'stops an instance, any number of times', run: stopsTwice },
  { name: 'does not call stopped what had ended before', run: stopKeepsExit },
  { name: 'ends all instances with the provider, and starts no more', run: stopsAll },
  { name: 'starts nothing for an aborted signal', run: obeysSignal },
];
