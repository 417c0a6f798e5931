import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseQueryId, seededRandom, systemClock, systemRandom } from '@pappus/core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startEmbeddedStore, type EmbeddedStore } from '../../object-store/embedded/embedded-store.ts';
import { storeProfiles } from '../../object-store/embedded/store-profile.ts';
import { S3Store } from '../../object-store/s3-store.ts';
import { exchangeCompliance, makeEdge, type ExchangeFixture, type FixtureOptions } from '../compliance.ts';
import type { ExchangeReader, Frame } from '../transport.ts';
import { MemoryDirectory, type ExchangeDirectory } from './directory.ts';
import { ListDirectory } from './list-directory.ts';
import { deleteQueryObjects, StoreTransport, type StoreTransportOptions } from './transport.ts';

const never = new AbortController().signal;
let folder = '';
let embedded: EmbeddedStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-store-test-'));
  embedded = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.none, clock: systemClock, random: systemRandom });
});
afterAll(async () => {
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
});

const openStore = (): S3Store => new S3Store({ connection: embedded.connection, bucket: embedded.bucket, clock: systemClock, random: seededRandom(1) });

/** A fresh prefix for each fixture keeps the cases apart. */
let prefixes = 0;

async function storeFixture(options: FixtureOptions, makeDirectory: (store: S3Store, prefix: string) => ExchangeDirectory): Promise<ExchangeFixture> {
  const store = openStore();
  const prefix = `case-${prefixes++}/`;
  const directory = makeDirectory(store, prefix);
  const spillFolder = await mkdtemp(join(tmpdir(), 'pappus-exchange-'));
  const budget = options.memoryBudgetBytes;
  const budgets = budget === undefined ? {} : { writeBufferBytes: budget, readAheadBytes: budget };
  const transports = Array.from({ length: options.workers }, () => new StoreTransport({ store, directory, prefix, spillFolder, random: systemRandom, ...budgets }));
  return {
    transports,
    streams: false,
    peakMemoryBytes: (rank) => Math.max(transports[rank]?.usage.writePeakBytes ?? 0, transports[rank]?.usage.readPeakBytes ?? 0),
    async leftovers() {
      const objects: string[] = [];
      for await (const { key } of store.list(prefix, never)) objects.push(key);
      const held = transports.flatMap(({ usage }, rank) => (usage.memoryBytes === 0 ? [] : [`worker ${rank}: ${JSON.stringify(usage)}`]));
      return [...objects, ...held, ...(await readdir(spillFolder))];
    },
    async endQuery(query) {
      await Promise.all(transports.map((transport) => transport.endQuery(parseQueryId(query))));
      await deleteQueryObjects(store, prefix, parseQueryId(query), never);
    },
    async stop() {
      await Promise.all(transports.map((transport) => transport.stop()));
      store.close();
      await rm(spillFolder, { recursive: true, force: true });
    },
  };
}

exchangeCompliance('store', (options) => storeFixture(options, () => new MemoryDirectory()));
exchangeCompliance('store with a directory by listing', (options) => storeFixture(options, (store, prefix) => new ListDirectory(store, prefix, systemClock)));

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

function open(options: Partial<StoreTransportOptions> = {}): { readonly store: S3Store; readonly transport: StoreTransport; readonly prefix: string } {
  const store = openStore();
  const prefix = `case-${prefixes++}/`;
  const spillFolder = join(folder, 'spill');
  const transport = new StoreTransport({ store, directory: new MemoryDirectory(), prefix, spillFolder, random: systemRandom, ...options });
  opened.push(async () => {
    await transport.stop();
    store.close();
  });
  return { store, transport, prefix };
}

async function readAll(reader: ExchangeReader): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let frame = await reader.next(); frame !== null; frame = await reader.next()) frames.push(frame);
  return frames;
}

it('costs one PUT for each producer with rows and one GET for each part with rows', async () => {
  const { store, transport } = open();
  const edge = makeEdge('q', 1, 3, 4, 1);
  const writers = edge.producers.map((_, producer) => transport.writer(edge, producer, never));
  for (const consumer of [0, 1, 3]) await writers[0]?.write(consumer, new Uint8Array(1_000));
  await writers[1]?.write(2, new Uint8Array(1_000));
  for (const writer of writers) await writer.finish();
  expect(store.counts()).toMatchObject({ put: 2, get: 0, list: 0 });
  for (const consumer of [0, 1, 2, 3]) expect(await readAll(transport.reader(edge, consumer, never))).toHaveLength(1);
  expect(store.counts()).toMatchObject({ put: 2, get: 4, list: 0 });
});

it('puts the offsets in a trailer when there are too many consumers for a name', async () => {
  const { store, transport } = open();
  const edge = makeEdge('q', 1, 1, 300, 1);
  const writer = transport.writer(edge, 0, never);
  for (let consumer = 0; consumer < 300; consumer++) await writer.write(consumer, new Uint8Array(16 + consumer));
  await writer.finish();
  for (const consumer of [0, 1, 150, 299]) {
    const frames = await readAll(transport.reader(edge, consumer, never));
    expect(frames.map((frame) => frame.byteLength)).toEqual([16 + consumer]);
  }
  expect(store.counts()).toMatchObject({ put: 1, get: 8 });
});

it('begins another object when one grows too large, and reads parts in slices', async () => {
  const { store, transport } = open({ maxObjectBytes: 500_000, writeBufferBytes: 300_000, readAheadBytes: 400_000 });
  const edge = makeEdge('q', 1, 1, 2, 1);
  const writer = transport.writer(edge, 0, never);
  for (let i = 0; i < 60; i++) await writer.write(i % 2, new Uint8Array(30_000).fill(i));
  await writer.finish();
  expect(store.counts().put).toBe(4);
  const frames = await readAll(transport.reader(edge, 1, never));
  expect(frames.map((frame) => frame[0])).toEqual(Array.from({ length: 30 }, (_, i) => 2 * i + 1));
  expect(transport.usage.readPeakBytes).toBeLessThanOrEqual(400_000);
});

it('reads the first attempt of a fragment that ran twice, and removes both', async () => {
  const { store, transport, prefix } = open();
  const edge = makeEdge('q', 1, 1, 1, 1);
  for (const content of [1, 2]) {
    const writer = transport.writer(edge, 0, never);
    await writer.write(0, new Uint8Array(10).fill(content));
    await writer.finish();
  }
  expect((await readAll(transport.reader(edge, 0, never))).map((frame) => frame[0])).toEqual([1]);
  expect(await deleteQueryObjects(store, prefix, edge.query, never)).toBe(2);
});

it('names the object when it was deleted or overwritten under a reader', async () => {
  const { store, transport, prefix } = open();
  const edge = makeEdge('q', 1, 1, 1, 1);
  const writer = transport.writer(edge, 0, never);
  await writer.write(0, new Uint8Array(1_000));
  await writer.finish();
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, never)) keys.push(key);
  const [key = ''] = keys;
  const garbage = new Uint8Array(1_004).fill(255);
  await store.put(key, garbage, never);
  await expect(transport.reader(edge, 0, never).next()).rejects.toMatchObject({ code: 'corrupt-data', message: expect.stringContaining(key) });
  await store.delete(keys, never);
  await expect(transport.reader(edge, 0, never).next()).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(key) });
});

it('goes on through faults of the store', async () => {
  const { store, transport } = open();
  await embedded.setFaults([{ fault: 'slow-down', times: 2 }, { fault: 'truncate-body', kind: 'get', times: 2 }]);
  try {
    const edge = makeEdge('q', 1, 3, 3, 1);
    await Promise.all(edge.producers.map(async (_, producer) => {
      const writer = transport.writer(edge, producer, never);
      for (let i = 0; i < 9; i++) await writer.write(i % 3, new Uint8Array(10_000));
      await writer.finish();
    }));
    for (const consumer of [0, 1, 2]) expect(await readAll(transport.reader(edge, consumer, never))).toHaveLength(9);
    expect(store.counts()).toMatchObject({ put: 5, get: 11, retries: 4 });
  } finally {
    await embedded.setFaults([]);
  }
});
