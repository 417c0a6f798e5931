/** Start, restart and end of the whole server. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { PappusClient, ProblemError } from '@pappus/api';
import { silentLogger, systemClock, systemRandom, type LogFields, type Logger } from '@pappus/core';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { leanProgramCode } from '@pappus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseServerConfig } from './config/server-config.ts';
import { startServer, type PappusServer } from './server.ts';
import { text } from './testing/server-under-test.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-server-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const start = (changes: Readonly<Record<string, unknown>> = {}, logger: Logger = silentLogger): Promise<PappusServer> => {
  const config = parseServerConfig({ folder, port: 0, engines: { threads: 1, spares: 0, spareProcesses: 0 }, drainMs: 400, ...changes });
  return startServer(config, { clock: systemClock, random: systemRandom, logger });
};

/** As a journal without formats of preparations: modules are what was deployed, which no sandbox takes. */
async function asOlderVersion(journal: string): Promise<void> {
  const lines = (await readFile(journal, 'utf8')).split('\n').filter((line) => line !== '');
  const older = lines.map((line) => line.slice(9).replaceAll(/"module":\{[^}]*\},"format":\d+/g, '"module":CODE').replaceAll(/("code":(\{[^}]*\}),"module":)CODE/g, '$1$2'));
  await writeFile(journal, older.map((json) => `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`).join(''));
}

describe('a server', () => {
  it('has what was deployed before it was started again, and lets invocations end before it stops', async () => {
    const first = await start();
    const spec = { inputs: ['in'], outputs: ['out'], limits: { timeMs: 200 } };
    await new PappusClient({ url: first.url }).deployFunction('copy', spec, await leanProgramCode('copy'));
    await new PappusClient({ url: first.url }).deployFunction('loop', spec, await leanProgramCode('loop'));
    await first.stop();
    const second = await start({ drainMs: 20_000 });
    const client = new PappusClient({ url: second.url });
    expect(text(await client.invokeRaw('copy', 'kept'))).toBe('kept');
    const ending = client.invokeRaw('loop', 'x').catch((error: unknown) => error);
    while (!(await client.metrics()).includes('pappus_invocations_running 1'));
    const before = performance.now();
    await Promise.all([second.stop(), second.stop()]);
    // Its client would keep the connection.
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(((await ending) as ProblemError).problem).toMatchObject({ status: 504, failure: { limit: 'time' } });
    await expect(client.health()).rejects.toMatchObject({ code: 'unavailable', hint: 'Start one with `pappus serve`.' });
  });

  it('runs what an older version of Pappus has prepared', async () => {
    const first = await start();
    const client = new PappusClient({ url: first.url });
    await client.deployFunction('older', { inputs: ['in'], outputs: ['out'] }, await leanProgramCode('copy'));
    await first.stop();
    await asOlderVersion(join(folder, 'registry', 'journal'));
    const second = await start();
    expect(text(await new PappusClient({ url: second.url }).invokeRaw('older', 'again'))).toBe('again');
    await second.stop();
  });

  it('ends what does not end by itself, and says so', async () => {
    const server = await start({ drainMs: 50 });
    const client = new PappusClient({ url: server.url });
    await client.deployFunction('loop', { inputs: ['in'], outputs: ['out'], limits: { timeMs: 60_000 } }, await leanProgramCode('loop'));
    const ending = client.invokeRaw('loop', 'x').catch((error: unknown) => error);
    while (!(await client.metrics()).includes('pappus_invocations_running 1'));
    const startedMs = performance.now();
    await server.stop();
    expect(((await ending) as ProblemError).problem).toMatchObject({ status: 503, code: 'unavailable', retryable: true });
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });

  it('does not start where the folder of Files is not there', async () => {
    await expect(start({ io: { files: { folder: join(folder, 'gone') } } })).rejects.toThrow(/the folder of the Files function, .*gone, can't be used: ENOENT/);
  });

  it('that cannot listen, or whose folder another one has, leaves nothing behind', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
    await expect(start({ port: (taken.address() as AddressInfo).port })).rejects.toThrow(/port \d+ of 127\.0\.0\.1 is taken/);
    await new Promise((resolve) => void taken.close(resolve));
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'unavailable' });
    await first.stop();
    await (await start()).stop();
  });

  it('writes a line for each request that failed, and for some of the others', async () => {
    const lines: LogFields[] = [];
    const logger: Logger = { log: (_, message, fields = {}) => void (message === 'request' && lines.push(fields)), child: () => logger };
    const server = await start({ accessLog: { oneIn: 2 } }, logger);
    const client = new PappusClient({ url: server.url });
    await client.invokeRaw('none', 'x').catch(() => {});
    await client.invokeRaw('copy', 'x');
    await client.invokeRaw('copy', 'x');
    await server.stop();
    expect(lines.map(({ method, path, status }) => [method, path, status])).toEqual([['POST', '/v1/invoke/none', 404], ['POST', '/v1/invoke/copy', 200]]);
  });

  it('that is full says when to come back, keeps a place for others, and drops nothing that it took', async () => {
    const server = await start({ invocations: { atOnce: 4 } });
    const client = new PappusClient({ url: server.url });
    await client.deployFunction('brief', { inputs: ['in'], outputs: ['out'], limits: { timeMs: 300 } }, await leanProgramCode('loop'));
    const calls = Array.from({ length: 12 }, () => client.invokeRaw('brief', 'x').then(() => null, (error: ProblemError) => error));
    await Promise.race(calls); // one of those that are refused
    await client.invokeRaw('copy', 'x');
    const all = await Promise.all(calls);
    const statuses = all.map((error) => error?.problem.status);
    expect(statuses.filter((status) => status === 504)).toHaveLength(3);
    expect(all.filter((error) => error?.problem.status === 429).map((error) => error?.retryAfterMs)).toEqual(Array.from({ length: 9 }, () => 1_000));
    await server.stop();
  }, 20_000);
});
