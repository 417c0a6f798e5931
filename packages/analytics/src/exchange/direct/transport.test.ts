import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined, parseQueryId, parseRank, silentLogger, systemClock, type LogFields } from '@pappus/core';
import { afterEach, expect, it } from 'vitest';
import { exchangeCompliance, makeEdge, type ExchangeFixture, type FixtureOptions } from '../compliance.ts';
import { EXCHANGE_PORT } from '../limits.ts';
import { loopbackGroups } from './loopback-group.ts';
import { encodeHeader, MESSAGE } from './protocol.ts';
import { DirectTransport } from './transport.ts';

interface DirectFixture extends ExchangeFixture {
  readonly transports: readonly DirectTransport[];
  readonly groups: Awaited<ReturnType<typeof loopbackGroups>>;
  readonly spillFolder: string;
  readonly warnings: LogFields[];
}

async function directFixture(options: FixtureOptions): Promise<DirectFixture> {
  const groups = await loopbackGroups(options.workers);
  const spillFolder = await mkdtemp(join(tmpdir(), 'pappus-exchange-'));
  const warnings: LogFields[] = [];
  const logger = { ...silentLogger, log: (_level: string, _message: string, fields: LogFields = {}) => void warnings.push(fields) };
  const { memoryBudgetBytes, spillBudgetBytes } = options;
  const budgets = { ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }), ...(spillBudgetBytes === undefined ? {} : { spillBudgetBytes }) };
  const transports = groups.map((group) => new DirectTransport({ group, clock: systemClock, logger, spillFolder, ...budgets }));
  return {
    transports,
    groups,
    spillFolder,
    warnings,
    streams: true,
    peakMemoryBytes: (rank) => transports[rank]?.usage.memoryPeakBytes ?? 0,
    async leftovers() {
      const files = await readdir(spillFolder);
      const buffered = transports.flatMap(({ usage }, rank) => (usage.memoryBytes + usage.spillBytes === 0 ? [] : [`worker ${rank}: ${JSON.stringify(usage)}`]));
      return [...files, ...buffered];
    },
    endQuery: async (query) => void (await Promise.all(transports.map((transport) => transport.endQuery(parseQueryId(query))))),
    kill: async (rank) => void (await groups[rank]?.leave('lost', 'killed by the test')),
    async stop() {
      await Promise.all(transports.map((transport) => transport.stop()));
      await Promise.all(groups.map((group) => group.leave('finished')));
      await rm(spillFolder, { recursive: true, force: true });
    },
  };
}

exchangeCompliance('direct', directFixture);

let fixture: DirectFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});
const never = new AbortController().signal;

it('drops a connection that sends garbage, logs it once and disturbs nobody', async () => {
  fixture = await directFixture({ workers: 2 });
  const { groups, transports, warnings } = fixture;
  const edge = makeEdge('q', 1, 2, 1, 2);
  const reading = transports[0]?.reader(edge, 0, never);
  const socket = await groups[1]?.connect(parseRank(0), EXCHANGE_PORT, never);
  socket?.on('error', () => {});
  const closed = new Promise((resolve) => socket?.on('close', resolve));
  socket?.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
  socket?.resume();
  await closed;
  expect(warnings).toHaveLength(1);
  const writer = transports[1]?.writer(edge, 1, never);
  await writer?.write(0, new Uint8Array(100));
  await Promise.all([writer?.finish(), transports[0]?.writer(edge, 0, never).finish()]);
  expect((await reading?.next())?.byteLength).toBe(100);
  expect(await reading?.next()).toBeNull();
});

it('drops a peer of another protocol version', async () => {
  fixture = await directFixture({ workers: 2 });
  const socket = await fixture.groups[1]?.connect(parseRank(0), EXCHANGE_PORT, never);
  const closed = new Promise((resolve) => socket?.on('close', resolve));
  socket?.on('error', () => {});
  socket?.resume();
  socket?.write(encodeHeader(MESSAGE.hello, 0, 99));
  await closed;
  expect(fixture.warnings[0]?.['reason']).toContain('version 99');
});

it('reuses one connection for each ordered pair of workers over edges and queries', async () => {
  fixture = await directFixture({ workers: 2 });
  const { groups, transports } = fixture;
  let connects = 0;
  for (const group of groups) {
    const connect = group.connect.bind(group);
    group.connect = async (...args) => {
      connects++;
      return connect(...args);
    };
  }
  for (const query of ['a', 'b', 'c']) {
    const edges = [makeEdge(query, 1, 4, 4, 2), makeEdge(query, 2, 4, 4, 2)];
    for (const edge of edges) {
      await Promise.all(edge.producers.map((rank, producer) => defined(transports[rank], 'transport').writer(edge, producer, never).finish()));
      await Promise.all(edge.consumers.map((rank, consumer) => defined(transports[rank], 'transport').reader(edge, consumer, never).next()));
    }
    await fixture.endQuery(query);
  }
  expect(connects).toBe(2);
});

it('tells the reader when a peer leaves in good order without having sent its rows', async () => {
  fixture = await directFixture({ workers: 2 });
  const edge = makeEdge('q', 1, 2, 1, 2);
  const reading = fixture.transports[0]?.reader(edge, 0, never).next();
  await fixture.transports[1]?.stop();
  await fixture.groups[1]?.leave('finished');
  await expect(reading).rejects.toMatchObject({ code: 'worker-lost', message: expect.stringContaining('worker 1') });
});

it('fails the edge with a clear error when the spill folder cannot be written', async () => {
  fixture = await directFixture({ workers: 1, memoryBudgetBytes: 1_000 });
  const transport = new DirectTransport({ group: fixture.groups[0] as never, clock: systemClock, logger: silentLogger, spillFolder: '/dev/null/spill', memoryBudgetBytes: 1_000 });
  const edge = makeEdge('q', 1, 1, 1, 1);
  const writer = transport.writer(edge, 0, never);
  await writer.write(0, new Uint8Array(100_000));
  await writer.finish();
  await expect(transport.reader(edge, 0, never).next()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('/dev/null/spill') });
  await transport.stop();
});
