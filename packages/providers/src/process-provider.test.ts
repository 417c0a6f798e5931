import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger, sleep, systemClock, systemCode, systemRandom } from '@pappus/core';
import { providerCases } from '@pappus/testkit';
import { createProcessProvider } from './process-provider.ts';
import { describeExit, type Instance, type InstanceSpec, type Provider } from './provider.ts';

const MIB = 1_048_576;
const never = new AbortController().signal;
let root: string;
let provider: Provider;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-providers-test-'));
  provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: join(root, 'work'), stopGraceMs: 300 });
});

afterEach(async () => {
  await provider.stop();
  await rm(root, { recursive: true, force: true });
});

let programs = 0;
async function program(source: string): Promise<string> {
  programs += 1;
  const path = join(root, `program-${programs}.mjs`);
  await writeFile(path, source);
  return path;
}

async function start(source: string, changes: Partial<InstanceSpec> = {}): Promise<Instance> {
  return provider.start({ entry: await program(source), args: [], env: {}, memoryBytes: 256 * MIB, label: 'worker 3', ...changes }, never);
}

async function eventually(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 3_000): Promise<void> {
  const endMs = systemClock.nowMs() + timeoutMs;
  while (!(await isTrue())) {
    if (systemClock.nowMs() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(systemClock, 20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

const IDLE = 'setInterval(() => {}, 1000);';

describe('the interface', () => {
  for (const { name, run } of providerCases) {
    test(name, () => run({ provider: () => provider, program }));
  }
});

describe('process provider', () => {
  test('gives the instance exactly the environment of its spec, and a folder of its own that it removes', async () => {
    const instance = await start(`import { readdirSync } from 'node:fs'; console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), files: readdirSync('.'), args: process.argv.slice(2) }))`, {
      env: { GREETING: 'hello' },
      args: ['one'],
    });
    const { lastWords } = await instance.exited;
    const seen = JSON.parse(lastWords) as { env: object; cwd: string; files: string[]; args: string[] };
    expect(seen.env).toEqual({ GREETING: 'hello' });
    expect(seen.files).toEqual([]);
    expect(seen.args).toEqual(['one']);
    expect(seen.cwd.startsWith(join(root, 'work'))).toBe(true);
    expect(existsSync(seen.cwd)).toBe(false);
  });

  test('kills an instance that needs more memory than it was given and reports the peak', async () => {
    const instance = await start(`const kept = []; setInterval(() => kept.push(Buffer.alloc(8 * ${MIB}, 1)), 5);`, { memoryBytes: 128 * MIB });
    const exit = await instance.exited;
    expect(exit.reason).toBe('out-of-memory');
    expect(exit.peakMemoryBytes).toBeGreaterThan(128 * MIB);
    expect(describeExit('worker 3', exit)).toMatch(/worker 3 ran out of memory; its peak was \d+ MiB/);
  });

  test("reports V8's own heap limit as out of memory", async () => {
    const instance = await start(`const kept = []; for (;;) kept.push({ text: String(kept.length) });`, { memoryBytes: 192 * MIB });
    expect((await instance.exited).reason).toBe('out-of-memory');
  }, 20_000);

  test('keeps the end of a long output', async () => {
    const instance = await start(`process.stdout.write('ä'.repeat(100000) + 'the end', () => process.exit(3))`);
    const exit = await instance.exited;
    expect(exit).toMatchObject({ code: 3, reason: 'exited' });
    expect(exit.lastWords).toMatch(/^…ä+the end$/);
    expect(Buffer.byteLength(exit.lastWords)).toBeLessThanOrEqual(8_192 + 3);
  });

  test('ends an instance that ignores SIGTERM, and what it started', async () => {
    const note = join(root, 'note');
    const instance = await start(
      `import { spawn } from 'node:child_process';
       import { writeFileSync } from 'node:fs';
       process.on('SIGTERM', () => {});
       writeFileSync(process.argv[2], String(spawn('/bin/sleep', ['60'], { stdio: 'inherit' }).pid)); ${IDLE}`,
      { args: [note] },
    );
    await eventually('it has a child', () => existsSync(note) && readFileSync(note, 'utf8') !== '', 10_000);
    await instance.stop();
    expect(await instance.exited).toMatchObject({ reason: 'stopped', signal: 'SIGKILL' });
    await eventually('the grandchild is gone', () => !isAlive(Number(readFileSync(note, 'utf8'))));
  });

  test('kills all at once, and starts none, when nobody wants them any more', async () => {
    const unwanted = new AbortController();
    const wanted = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: join(root, 'unwanted'), stopGraceMs: 60_000, signal: unwanted.signal });
    const entry = await program(`process.on('SIGTERM', () => {}); console.log('here'); ${IDLE}`);
    const spec = { entry, args: [], env: {}, memoryBytes: 256 * MIB, label: 'unwanted' };
    const instances = await Promise.all([wanted.start(spec, never), wanted.start(spec, never)]);
    unwanted.abort(new Error('nobody wants them'));
    const exits = await Promise.all(instances.map(({ exited }) => exited));
    expect(exits).toMatchObject([{ reason: 'stopped', signal: 'SIGKILL' }, { reason: 'stopped', signal: 'SIGKILL' }]);
    await expect(wanted.start(spec, never)).rejects.toThrow('nobody wants them');
    await wanted.stop();
    expect(await readdir(join(root, 'unwanted'))).toEqual([]);
  });

  test('keeps compiled code for later instances when it has a folder for it', async () => {
    const folder = join(root, 'cache');
    const caching = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: root, compileCacheFolder: folder });
    const entry = await program('console.log(JSON.stringify(process.env))');
    const { lastWords } = await (await caching.start({ entry, args: [], env: {}, memoryBytes: 256 * MIB, label: 'cached' }, never)).exited;
    await caching.stop();
    expect(lastWords).toBe('{}');
    expect(await readdir(folder)).not.toEqual([]);
  });

  test('removes folders whose owner is gone, and nobody else’s', async () => {
    const work = join(root, 'work');
    const first = await start(IDLE);
    const [own = ''] = await readdir(work);
    const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await new Promise((resolve) => dead.once('exit', resolve));
    const stale = own.replace(`-${process.pid}-`, `-${dead.pid}-`);
    const foreign = stale.replace(/^pappus-run-[0-9a-f]{8}/, 'pappus-run-00000000');
    for (const name of [stale, foreign]) await mkdir(join(work, name, 'i1'), { recursive: true });
    const other = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: work });
    await other.start({ entry: await program(IDLE), args: [], env: {}, memoryBytes: 256 * MIB, label: 'other' }, never);
    await other.stop();
    expect(await readdir(work)).toEqual([own, foreign].sort());
    await first.stop();
  });
});

describe('when the parent is killed', () => {
  /** A parent process with two instances, one of them with a busy main thread. */
  async function parentWithWorkers(): Promise<{ readonly parent: number; readonly workers: readonly number[]; readonly reapers: readonly number[] }> {
    const busy = await program('process.on("SIGTERM", () => {}); for (;;) {}');
    const idle = await program(IDLE);
    const source = `
      import { createProcessProvider } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)};
      import { silentLogger, systemClock, systemRandom } from '@pappus/core';
      const provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger: silentLogger, workRoot: ${JSON.stringify(join(root, 'orphans'))} });
      const pids = [];
      for (const entry of ${JSON.stringify([busy, idle])}) pids.push((await provider.start({ entry, args: [], env: {}, memoryBytes: ${256 * MIB}, label: entry }, new AbortController().signal)).pid);
      console.log(JSON.stringify(pids));`;
    const cwd = new URL('.', import.meta.url);
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', source], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => void child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    await sleep(systemClock, 200);
    return { parent: child.pid as number, workers: JSON.parse(line) as number[], reapers: await childrenNamed(child.pid as number, 'sh') };
  }

  test('kill -9 leaves no process and no folder within 3 s', async () => {
    const { parent, workers } = await parentWithWorkers();
    expect(workers.every(isAlive)).toBe(true);
    expect(await readdir(join(root, 'orphans'))).toHaveLength(1);
    process.kill(parent, 'SIGKILL');
    await eventually('no worker is left', () => !workers.some(isAlive));
    await eventually('no folder is left', async () => (await readdir(join(root, 'orphans'))).length === 0);
  });

  test('an instance that is not busy ends even without the reaper', async () => {
    const { parent, workers, reapers } = await parentWithWorkers();
    process.kill(parent, 'SIGSTOP'); // so that it cannot replace the reaper
    expect(reapers).toHaveLength(1);
    for (const pid of reapers) process.kill(pid, 'SIGKILL');
    process.kill(parent, 'SIGKILL');
    const [busy = 0, idle = 0] = workers;
    await eventually('the idle worker is gone', () => !isAlive(idle));
    process.kill(busy, 'SIGKILL');
  });
});

/** Pids of the direct children of a process that run the program of this name. */
async function childrenNamed(parent: number, name: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    if (status.includes(`\nPPid:\t${parent}\n`) && new RegExp(`^Name:\\t${name}$`, 'm').test(status)) found.push(Number(pid));
  }
  return found;
}
