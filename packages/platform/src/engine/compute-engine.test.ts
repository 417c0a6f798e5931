import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_ATTEMPTS } from './limits.ts';
import { childrenOf, isAlive, NEVER, startEngine, until, type EngineUnderTest } from './testing/engine-under-test.ts';
import { fakeSpec, oneStep, outputTexts, taskOf, textSet } from './testing/fake-functions.ts';

const linux = process.platform === 'linux';

let under: EngineUnderTest;
beforeAll(async () => {
  under = await startEngine();
});
afterAll(() => under.stop());

describe('compute engines', () => {
  test('run a function in another process', async () => {
    expect(outputTexts(await under.run('upper', 'abc'))).toEqual(['ABC']);
    expect(under.engine.stats()).toMatchObject({ threads: 2, queued: 0, running: 0 });
  });

  test('give each of many calls its own answer', async () => {
    const upper = oneStep('upper');
    const results = await Promise.all(Array.from({ length: 2_000 }, (_, index) => under.engine.run(taskOf(upper, [textSet('in', `n${index}`)]), NEVER)));
    expect(results.map((result) => outputTexts(result)?.[0])).toEqual(Array.from({ length: 2_000 }, (_, index) => `N${index}`));
  });

  test('move items of many MiB', async () => {
    const data = Buffer.alloc(20_000_001, 'abcdefg');
    const result = await under.engine.run(taskOf(oneStep('echo'), [{ name: 'in', items: [{ name: 'big', key: 5, data }] }]), NEVER);
    const item = result.kind === 'done' ? result.outputs[0]?.[0]?.items[0] : undefined;
    expect(item).toMatchObject({ name: 'big', key: 5 });
    expect(Buffer.from(item?.data ?? []).equals(data)).toBe(true);
  });

  test('run the steps of a segment on one thread, with spans', async () => {
    const steps = [
      { function: 'split 3', inputs: [], exported: [false] },
      { function: 'upper', inputs: [{ step: 0, output: 0, distribution: 'each', optional: false }], exported: [true] },
    ] as const;
    const result = await under.engine.run({ ...taskOf({ steps, fanOut: 10 }), traced: true }, NEVER);
    expect([outputTexts(result, 0), outputTexts(result, 1)]).toEqual([null, ['0', '1', '2']]);
    expect(result.spans.map((span) => span.step)).toEqual([0, 1, 1, 1]);
  });

  test('hand stdio to the head', async () => {
    const result = await under.engine.run({ ...taskOf(oneStep('echo'), []), stdio: textSet('stdio', 'argument') }, NEVER);
    expect(outputTexts(result)).toEqual(['argument']);
  });

  test('report a trap, and that a function is gone or broken', async () => {
    expect(await under.run('trap')).toMatchObject({ kind: 'failed', step: 0, failure: { kind: 'trap', functionName: 'main', offset: 12 } });
    await expect(under.run('gone')).rejects.toMatchObject({ code: 'not-found' });
    await expect(under.run('throw')).rejects.toMatchObject({ code: 'internal' });
    expect(outputTexts(await under.run('upper', 'on'))).toEqual(['ON']);
  });

  test('what runs beside a task that kills its process is not blamed for it', async () => {
    const own = await startEngine({ threads: 3 });
    const beside = Promise.all([own.run('spin 1500', 'a'), own.run('spin 1500', 'b')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await own.run('die')).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost', attempts: MAX_ATTEMPTS } });
    expect((await beside).map((result) => outputTexts(result))).toEqual([['a'], ['b']]);
    expect(own.engine.stats()).toMatchObject({ queued: 0, running: 0, processesLost: 1 + MAX_ATTEMPTS });
    expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
    await until('all threads serve again', () => own.engine.stats().threads === 3, 60_000);
    await own.stop();
  }, 120_000);

  test('stop an endless loop at its time, and nothing else', async () => {
    const startedMs = performance.now();
    const others = Promise.all(Array.from({ length: 50 }, (_, index) => under.run('upper', `x${index}`)));
    const [loop, wasm] = await Promise.all([under.run('loop@150'), under.run('wasm-loop@150')]);
    expect([loop, wasm]).toMatchObject([{ failure: { kind: 'limit', limit: 'time' } }, { failure: { kind: 'limit', limit: 'time' } }]);
    const sinceUs = (performance.now() - startedMs) * 1e3;
    expect(sinceUs).toBeGreaterThan(140_000);
    for (const { busyUs } of [loop, wasm]) expect(busyUs >= 150_000 && busyUs < sinceUs, `ran ${busyUs} of ${sinceUs} µs`).toBe(true);
    expect((await others).map((result) => outputTexts(result)?.[0])).toEqual(Array.from({ length: 50 }, (_, index) => `X${index}`));
    await until('the threads are replaced', () => under.engine.stats().threads === 2);
  });

  test('a run that can not be ended ends with its process, and its core is free again', async () => {
    const own = await startEngine({ spareProcesses: 0 });
    const stuck = own.run('stuck@100');
    const beside = own.run('spin 3000', 'beside');
    expect(await stuck).toMatchObject({ failure: { limit: 'time' } });
    expect(outputTexts(await beside)).toEqual(['beside']);
    await until('the process is gone', () => own.engine.stats().processesLost === 1, 60_000);
    expect(JSON.stringify(own.lines)).toContain('a thread could not be ended in');
    await own.stop();
  }, 90_000);

  test('prepare a module, within its time', async () => {
    expect(await under.engine.prepare(Buffer.from('bad'), fakeSpec(), NEVER)).toEqual({ kind: 'refused', problems: ['it is bad', 'it is ugly'] });
    expect(await under.engine.prepare(Buffer.from('echo'), fakeSpec(), NEVER)).toMatchObject({ kind: 'prepared' });
  });

  test('an aborted call that has begun tells what it took when its thread is free of it, one that has not ends at once', async () => {
    const own = await startEngine({ threads: 1, spareProcesses: 0 });
    const [first, second] = [new AbortController(), new AbortController()];
    const running = own.run('spin 60', 'x', first.signal);
    await until('it runs', () => own.engine.stats().running === 1);
    first.abort(new Error('enough'));
    expect((await running).busyUs).toBeGreaterThan(50_000);
    const long = own.run('spin 400', 'long');
    await until('it runs', () => own.engine.stats().running === 1);
    // Of as many, some were not sent yet.
    const behind = Promise.allSettled(Array.from({ length: 100 }, () => own.run('echo', 'x', second.signal)));
    const last = expect(own.run('echo', 'x', second.signal)).rejects.toThrow('enough');
    await new Promise((resolve) => setTimeout(resolve, 50));
    let isLongDone = false;
    void long.then(() => (isLongDone = true));
    second.abort(new Error('enough'));
    await last;
    expect(isLongDone).toBe(false);
    expect(outputTexts(await long)).toEqual(['long']);
    expect((await behind).every((end) => (end.status === 'rejected' ? (end.reason as Error).message === 'enough' : end.value.busyUs < 50_000))).toBe(true);
    await expect(own.run('echo', 'x', second.signal)).rejects.toThrow('enough');
    expect(outputTexts(await own.run('upper', 'on'))).toEqual(['ON']);
    await until('it has nothing to do', () => own.engine.stats().queued + own.engine.stats().running === 0);
    await own.stop();
  });

  test('inputs that do not fit are refused before they are sent', async () => {
    const items = Array.from({ length: 5 }, (_, key) => ({ name: 'i', key, data: new Uint8Array(300_000_000) }));
    await expect(under.engine.run(taskOf(oneStep('echo'), [{ name: 'in', items }]), NEVER)).rejects.toMatchObject({ code: 'resource-exhausted' });
  });

  test('a slow task holds up no others', async () => {
    const echo = oneStep('echo');
    await Promise.all(Array.from({ length: 100 }, () => under.engine.run(taskOf(echo), NEVER)));
    let isSlowDone = false;
    const slow = under.run('spin 2500').then(() => (isSlowDone = true));
    await Promise.all(Array.from({ length: 200 }, () => under.engine.run(taskOf(echo), NEVER)));
    expect(isSlowDone).toBe(false);
    await slow;
  });

  test('a run that nobody waits for any more does not keep its thread', async () => {
    const { threadsEnded } = under.engine.stats();
    const controllers = [new AbortController(), new AbortController()];
    const left = controllers.map(({ signal }) => under.run('spin 9000', 'x', signal));
    await until('both run', () => under.engine.stats().running === 2, 5_000);
    for (const controller of controllers) controller.abort(new Error('left'));
    for (const result of await Promise.all(left)) {
      expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'engine-lost' } });
      expect(result.busyUs).toBeGreaterThan(90_000);
    }
    await until('both threads have ended', () => under.engine.stats().threadsEnded === threadsEnded + 2, 5_000);
    expect(outputTexts(await under.run('upper', 'after'))).toEqual(['AFTER']);
  });

  test('the number of threads that compute can be changed', async () => {
    under.engine.setThreads(1);
    expect(under.engine.stats()).toMatchObject({ threads: 1 });
    expect(outputTexts(await under.run('upper', 'one'))).toEqual(['ONE']);
    under.engine.setThreads(99);
    expect(under.engine.stats()).toMatchObject({ threads: 2 });
  });

  test('work that dies with its engine is run again, on a warm one', async () => {
    const file = join(under.folder, 'died');
    const { processesLost } = under.engine.stats();
    const dying = under.run(`die-unless ${file}`, 'again');
    const others = Promise.all(Array.from({ length: 20 }, (_, index) => under.run('upper', `x${index}`)));
    await until('the process has died', () => under.engine.stats().processesLost > processesLost);
    await writeFile(file, '');
    expect(outputTexts(await dying)).toEqual(['again']);
    expect((await others).map((result) => outputTexts(result)?.[0])).toEqual(Array.from({ length: 20 }, (_, index) => `X${index}`));
  });
});

describe('the end', () => {
  test('stop lets running work end, refuses new work and leaves no process', async () => {
    const own = await startEngine({ threads: 1, spareProcesses: 0 });
    const pids = linux ? (await childrenOf(process.pid)).filter((pid) => isAlive(pid)) : [];
    const running = own.run('spin 300', 'to the end');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopping = own.stop();
    await expect(own.run('echo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(outputTexts(await running)).toEqual(['to the end']);
    await stopping;
    if (linux) expect((await childrenOf(process.pid)).length).toBeLessThan(pids.length);
  });

  test('sandboxes that do not load are reported', async () => {
    await expect(startEngine({ sandboxes: new URL('./testing/no-such-file.ts', import.meta.url) })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/did not come up.*no-such-file/) as unknown,
    });
  });
});
