import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, systemClock, systemRandom } from '@pappus/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedStore, type EmbeddedStore } from './embedded/embedded-store.ts';
import { FAULT_KINDS } from './embedded/fault-rules.ts';
import { storeProfiles } from './embedded/store-profile.ts';
import { noRequests, requestsSince } from './request-counts.ts';
import { S3Store, type S3StoreOptions } from './s3-store.ts';

const never = new AbortController().signal;
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
const QUICK: Partial<S3StoreOptions> = { retry: { baseMs: 1, maxMs: 4 } };

let folder = '';
let embedded: EmbeddedStore;
const stores: S3Store[] = [];

function open(options: Partial<S3StoreOptions> = {}): S3Store {
  const store = new S3Store({ connection: embedded.connection, bucket: embedded.bucket, clock: systemClock, random: seededRandom(1), ...QUICK, ...options });
  stores.push(store);
  return store;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-s3-test-'));
  embedded = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.none, clock: systemClock, random: systemRandom, seed: 3 });
});
afterEach(async () => {
  await embedded.setFaults([]);
  for (const store of stores.splice(0)) store.close();
});
afterAll(async () => {
  await embedded.stop();
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

describe('objects', () => {
  it('come back whole, by range and by suffix, with their size', async () => {
    const store = open();
    const content = bytesOf(3_000_000);
    const put = await store.put('folder/a b+c=ü%2F&<x>.bin', content, never);
    const whole = await store.get('folder/a b+c=ü%2F&<x>.bin', null, never);
    expect(Buffer.compare(whole.bytes, content)).toBe(0);
    expect(whole.bytes.buffer.byteLength).toBe(content.byteLength);
    expect(whole.etag).toBe(put.etag);
    const range = await store.get('folder/a b+c=ü%2F&<x>.bin', { offset: 1_000, length: 500 }, never);
    expect(range).toMatchObject({ sizeBytes: 3_000_000, etag: put.etag });
    expect([...range.bytes]).toEqual([...content.subarray(1_000, 1_500)]);
    const suffix = await store.get('folder/a b+c=ü%2F&<x>.bin', { suffix: 8 }, never);
    expect([...suffix.bytes]).toEqual([...content.subarray(-8)]);
    expect((await store.get('folder/a b+c=ü%2F&<x>.bin', { suffix: 9_000_000 }, never)).bytes.byteLength).toBe(3_000_000);
    expect(await store.head('folder/a b+c=ü%2F&<x>.bin', never)).toMatchObject({ sizeBytes: 3_000_000, etag: put.etag });
  });

  it('can be empty, replaced, streamed and deleted', async () => {
    const store = open();
    await store.put('empty', new Uint8Array(0), never);
    expect((await store.get('empty', null, never)).bytes.byteLength).toBe(0);
    const chunks = [bytesOf(700_000), bytesOf(100), bytesOf(500_000)];
    const sizeBytes = 1_200_100;
    await store.put('empty', { sizeBytes, open: async function* () { yield* chunks; } }, never);
    expect(Buffer.compare((await store.get('empty', null, never)).bytes, Buffer.concat(chunks))).toBe(0);
    await store.delete(['empty', 'was-never-there', 'folder/a b+c=ü%2F&<x>.bin'], never);
    await expect(store.get('empty', null, never)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('s3://pappus/empty') });
    expect((await embedded.stats()).objects).toBe(0);
  });

  it('are listed in order over several pages', async () => {
    const store = open({ listPageKeys: 50 });
    const keys = Array.from({ length: 123 }, (_, i) => `many/${String(i).padStart(5, '0')} &.bin`);
    await Promise.all(keys.map((key) => store.put(key, bytesOf(3), never)));
    await store.put('other', bytesOf(1), never);
    const before = store.counts();
    const listed: string[] = [];
    for await (const { key, sizeBytes } of store.list('many/', never)) listed.push(`${key}:${sizeBytes}`);
    expect(listed).toEqual(keys.map((key) => `${key}:3`));
    expect(requestsSince(before, store.counts()).list).toBe(3);
    await store.delete([...keys, 'other'], never);
    expect(requestsSince(before, store.counts()).delete).toBe(1);
  });
});

describe('the counts', () => {
  it('are the ones of the server, retries included', async () => {
    const store = open();
    const { requests: before } = await embedded.stats();
    await embedded.setFaults([{ fault: 'slow-down', kind: 'get', times: 3 }]);
    await store.put('x', bytesOf(1_000), never);
    for (let i = 0; i < 5; i++) await store.get('x', { offset: 0, length: 100 }, never);
    await store.head('x', never);
    await store.delete(['x'], never);
    const { requests: after } = await embedded.stats();
    const { bytesIn, bytesOut, retries, ...kinds } = store.counts();
    expect(kinds).toEqual({ get: 8, put: 1, list: 0, head: 1, delete: 1, hedges: 0 });
    expect(retries).toBe(3);
    expect(bytesOut).toBeGreaterThanOrEqual(1_000);
    expect(bytesIn).toBeGreaterThanOrEqual(500);
    const { get, put, head, delete: deletes } = requestsSince(before, after);
    expect({ get, put, head, delete: deletes }).toEqual({ get: 8, put: 1, head: 1, delete: 1 });
  });
});

describe('faults', () => {
  const content = bytesOf(400_000);
  for (const fault of FAULT_KINDS.filter((kind) => kind !== 'forbidden' && kind !== 'not-found')) {
    it(`of kind ${fault} are tried again and then named`, async () => {
      const store = open({ idleTimeoutMs: fault === 'stall' ? 400 : 10_000 });
      await store.put('f', content, never);
      await embedded.setFaults([{ fault, kind: 'get', times: 2 }]);
      expect(Buffer.compare((await store.get('f', { offset: 0, length: 400_000 }, never)).bytes, content)).toBe(0);
      if (fault !== 'stall') expect(store.counts()).toMatchObject({ get: 3, retries: 2 });
      await embedded.setFaults([{ fault, kind: 'get' }]);
      const hopeless = open({ retry: { attempts: 2, baseMs: 1, maxMs: 2 }, idleTimeoutMs: fault === 'stall' ? 100 : 10_000 });
      await expect(hopeless.get('f', { offset: 0, length: 400_000 }, never)).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
        message: expect.stringMatching(/GET s3:\/\/pappus\/f.*gave up after 2 attempts/),
      });
    });
  }

  it('of writes are tried again with the body from its beginning', async () => {
    const store = open();
    await embedded.setFaults([{ fault: 'internal-error', kind: 'put', times: 1 }, { fault: 'reset', kind: 'put', times: 1 }]);
    let opened = 0;
    const open2 = async function* (): AsyncGenerator<Uint8Array> {
      opened++;
      for (let i = 0; i < 4; i++) yield content;
    };
    await store.put('w', { sizeBytes: 1_600_000, open: open2 }, never);
    expect(opened).toBe(3);
    expect((await store.get('w', null, never)).bytes.byteLength).toBe(1_600_000);
  });

  it('that do not pass are told at once, with what to do', async () => {
    const store = open();
    await embedded.setFaults([{ fault: 'forbidden', kind: 'get' }, { fault: 'not-found', kind: 'head' }]);
    await expect(store.get('f', null, never)).rejects.toMatchObject({ code: 'permission-denied', hint: expect.stringContaining('AWS_SECRET_ACCESS_KEY') });
    await expect(store.head('f', never)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('s3://pappus/f') });
    expect(store.counts()).toMatchObject({ get: 1, head: 1, retries: 0 });
  });

  it('of the setup are named: wrong keys, unknown bucket, no server', async () => {
    const { connection } = embedded;
    const wrongKey = { ...connection, credentials: { accessKeyId: 'someone', secretAccessKey: 'else', sessionToken: null } };
    await expect(open({ connection: wrongKey }).get('f', null, never)).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('InvalidAccessKeyId') });
    const { accessKeyId = '' } = connection.credentials ?? {};
    const wrongSecret = { ...connection, credentials: { accessKeyId, secretAccessKey: 'guess', sessionToken: null } };
    await expect(open({ connection: wrongSecret }).get('f', null, never)).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('SignatureDoesNotMatch') });
    await expect(open({ connection: { ...connection, credentials: null } }).get('f', null, never)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(open({ bucket: 'nowhere' }).get('f', null, never)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('bucket nowhere') });
    const nobody = open({ connection: { ...connection, endpoint: 'http://127.0.0.1:9' }, retry: { attempts: 2, baseMs: 1, maxMs: 2 } });
    await expect(nobody.get('f', null, never)).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('AWS_ENDPOINT_URL') });
  });

  it('end with the caller: a signal and a deadline', async () => {
    const store = open({ idleTimeoutMs: 10_000, callTimeoutMs: 100 });
    await embedded.setFaults([{ fault: 'stall', kind: 'get' }]);
    await expect(store.get('f', null, never)).rejects.toMatchObject({ code: 'deadline-exceeded', message: expect.stringContaining('GET s3://pappus/f') });
    const controller = new AbortController();
    const reading = store.get('f', null, controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('hedged reads', () => {
  it('send a second request when the first is slow, and take the faster answer', async () => {
    const store = open({ idleTimeoutMs: 5_000, hedge: { afterMs: 30, bytesPerSecond: 100e6 } });
    await store.put('h', bytesOf(1_000), never);
    await embedded.setFaults([{ fault: 'stall', kind: 'get', times: 1 }]);
    const started = performance.now();
    expect((await store.get('h', null, never)).bytes.byteLength).toBe(1_000);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(store.counts()).toMatchObject({ get: 2, hedges: 1, retries: 0 });
    expect((await store.get('h', null, never)).bytes.byteLength).toBe(1_000);
  });
});

describe('the s3 profile', () => {
  it('delays a read by about its median, compared with a store without it', async () => {
    const slow = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.s3, clock: systemClock, random: systemRandom, seed: 5 });
    try {
      const stores = [open(), open({ connection: slow.connection })] as const;
      const timesMs: [number[], number[]] = [[], []];
      for (const store of stores) await store.put('p', bytesOf(10), never);
      for (let i = 0; i < 41; i++) {
        for (const which of [0, 1] as const) {
          const started = performance.now();
          await stores[which].get('p', null, never);
          timesMs[which].push(performance.now() - started);
        }
      }
      const [fastMs = 0, slowMs = 0] = timesMs.map((times) => times.sort((a, b) => a - b)[20]);
      expect(slowMs - fastMs).toBeGreaterThan(15);
      expect(slowMs - fastMs).toBeLessThan(80);
    } finally {
      await slow.stop();
    }
  });
});

it('starts from no requests', () => {
  expect(open().counts()).toEqual(noRequests);
});
