import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { CHANNELS_PER_PROCESS, MAX_ATTEMPTS } from './limits.ts';
import type { ComputeEngineOptions } from './create-compute-engine.ts';
import { childrenOf, isAlive, NEVER, startEngine, temporaryFolder, until, type EngineUnderTest } from './testing/engine-under-test.ts';
import { fakeSpec, oneStep, outputTexts, taskOf, textSet } from './testing/fake-functions.ts';

let under: EngineUnderTest | null = null;
afterEach(async () => {
  await under?.stop();
  under = null;
});

async function start(options: Partial<ComputeEngineOptions> = {}): Promise<EngineUnderTest> {
  under = await startEngine(options);
  return under;
}

const said = ({ lines }: EngineUnderTest): string => JSON.stringify(lines);

test('kill -9 of an engine with hundreds of tasks loses none of them', async () => {
  const { engine, pids } = await start({ threads: 2 });
  const spin = oneStep('spin 5');
  const answers = Promise.all(Array.from({ length: 600 }, (_, index) => engine.run(taskOf(spin, [textSet('in', `n${index}`)]), NEVER)));
  for (let kill = 0; kill < 2; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    process.kill((await pids())[0] as number, 'SIGKILL');
  }
  expect((await answers).map((result) => outputTexts(result)?.[0])).toEqual(Array.from({ length: 600 }, (_, index) => `n${index}`));
  expect(engine.stats().processesLost).toBe(2);
});

test('kill -9 of an engine whose tasks have many bytes loses none of them, and changes none', async () => {
  const { engine, pids } = await start({ threads: 2 });
  const spin = oneStep('spin 5');
  const texts = Array.from({ length: 120 }, (_, index) => `${index} `.repeat(20_000 + index * 100));
  const answers = Promise.all(texts.map((text) => engine.run(taskOf(spin, [textSet('in', text)]), NEVER)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill((await pids())[0] as number, 'SIGKILL');
  expect((await answers).map((result, index) => outputTexts(result)?.[0] === texts[index])).toEqual(Array.from({ length: 120 }, () => true));
  expect(engine.stats().processesLost).toBe(1);
});

test('a stopped engine is killed, and its tasks run elsewhere', async () => {
  const { engine, pids, run } = await start({ threads: 1 });
  const [pid] = await pids();
  process.kill(pid as number, 'SIGSTOP');
  expect(outputTexts(await run('upper', 'still'))).toEqual(['STILL']);
  expect(isAlive(pid as number)).toBe(false);
  expect(engine.stats().processesLost).toBe(1);
});

test('a task that always kills its engine is given up', async () => {
  const own = await start();
  expect(await own.run('die')).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost', attempts: MAX_ATTEMPTS } });
  expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
  await until('all is warm again', () => own.engine.stats().threads === 2 && own.engine.stats().spares >= 1);
});

test('garbage on its channels ends an engine and nothing else', async () => {
  const own = await start();
  const result = await own.run('scribble');
  expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost' } });
  expect(said(own)).toContain('an engine channel carried');
  expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
});

test('a thread whose heap is full ends, the process does not', async () => {
  const own = await start({ threadHeapMiB: 64 });
  const [before] = await own.pids();
  expect(await own.run('heap')).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost', message: expect.stringContaining('heap') as unknown } });
  expect(own.engine.stats().threadsEnded).toBe(MAX_ATTEMPTS);
  expect((await own.pids())[0]).toBe(before);
  expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
});

test('a thread that leaves without a word is replaced', async () => {
  const own = await start();
  expect(await own.run('leave')).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost' } });
  expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
});

test('a process that uses too much memory ends', async () => {
  const own = await start({ processMemoryBytes: 600 * 2 ** 20, spareProcesses: 0 });
  expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
  await own.run('hold 700');
  await until('it is gone', () => own.engine.stats().processesLost > 0);
  expect(said(own)).toContain('bytes of memory');
});

test('a process whose channels are used up is replaced, and no task notices', async () => {
  const own = await start({ threads: 2 });
  const [before] = await own.pids();
  // The spare process helps out while threads come up, so that both are used up after twice as many.
  for (let loops = 0; loops < 3 * CHANNELS_PER_PROCESS && (await own.pids()).includes(before as number); loops += 4) {
    const answers = await Promise.all([own.run('upper', 'a'), ...Array.from({ length: 4 }, () => own.run('loop@50')), own.run('upper', 'b')]);
    expect(answers.slice(1, -1)).toEqual(answers.slice(1, -1).map(() => expect.objectContaining({ failure: expect.objectContaining({ limit: 'time' }) as unknown })));
    expect([outputTexts(answers[0] as never), outputTexts(answers.at(-1) as never)]).toEqual([['A'], ['B']]);
  }
  await until('the old process is gone', async () => !(await own.pids()).includes(before as number));
  expect(own.engine.stats().processesLost).toBe(0);
});

test('time limits hold within 100 ms', async () => {
  const own = await start();
  for (const limitMs of [50, 300]) {
    const overMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      await until('a thread is free', () => own.engine.stats().threads === 2);
      const startedMs = performance.now();
      await own.run(`loop@${limitMs}`);
      overMs.push(performance.now() - startedMs - limitMs);
    }
    overMs.sort((a, b) => a - b);
    expect(overMs[0]).toBeGreaterThan(-1);
    expect(overMs[2]).toBeLessThan(100); // The median: what else the machine does is no matter of ours.
  }
});

test('items of 256 MiB move through, and the gateway keeps none of them', async () => {
  const own = await start({ threads: 2, spareProcesses: 0 });
  const data = Buffer.alloc(2 ** 28, 1);
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }, 20);
  for (let round = 0; round < 6; round++) {
    const result = await own.engine.run(taskOf(oneStep('echo'), [{ name: 'in', items: [{ name: 'big', key: 0, data }] }]), NEVER);
    expect(result.kind === 'done' && result.outputs[0]?.[0]?.items[0]?.data.length).toBe(2 ** 28);
  }
  clearInterval(timer);
  // Results that the collector has not seen yet, and chunks that they came in; all six would be more.
  expect(peak).toBeLessThan(4 * 2 ** 28);
});

test('a module that takes for ever to check is given up', async () => {
  const own = await start({ prepareTimeoutMs: 300 });
  await expect(own.engine.prepare(Buffer.from('loop'), fakeSpec(), NEVER)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  expect(await own.engine.prepare(Buffer.from('echo'), fakeSpec(), NEVER)).toMatchObject({ kind: 'prepared' });
});

test('stop refuses what does not end in time, and leaves no process', async () => {
  const own = await startEngine({ threads: 1 });
  const pids = await own.pids();
  const refused = expect(own.run('loop')).rejects.toMatchObject({ code: 'unavailable' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await own.stop();
  await refused;
  expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
});

test.each(['SIGKILL', 'SIGTERM'] as const)('no engine outlives a gateway that ends by %s', async (signal) => {
  const file = fileURLToPath(new URL('./testing/gateway-process.ts', import.meta.url));
  const folder = await temporaryFolder();
  const gateway = spawn(process.execPath, ['--conditions=source', file, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => gateway.stdout.once('data', resolve));
  const pids = await childrenOf(gateway.pid as number);
  expect(pids.length).toBeGreaterThan(0);
  gateway.kill(signal);
  await until('all engines are gone', () => !pids.some((pid) => isAlive(pid)), 5_000);
  await rm(folder, { recursive: true });
});
