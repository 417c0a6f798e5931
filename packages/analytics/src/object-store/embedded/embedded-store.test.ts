import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock, systemRandom } from '@pappus/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Store } from '../s3-store.ts';
import { startEmbeddedStore } from './embedded-store.ts';
import { storeProfiles } from './store-profile.ts';

let folder = '';
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-embedded-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('removes its folder when its parent is killed', async () => {
  const url = (name: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href);
  const script = `
    const { startEmbeddedStore } = await import(${url('embedded-store.ts')});
    const { storeProfiles } = await import(${url('store-profile.ts')});
    const { systemClock, systemRandom } = await import('@pappus/core');
    await startEmbeddedStore({ parentFolder: ${JSON.stringify(folder)}, profile: storeProfiles.none, clock: systemClock, random: systemRandom });
    console.log('ready');`;
  const parent = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(parent.stdout, 'data');
  expect(await readdir(folder)).toHaveLength(1);
  parent.kill('SIGKILL');
  await expect.poll(() => readdir(folder), { timeout: 3_000 }).toEqual([]);
});

it('refuses what it has no room for, and says so', async () => {
  const embedded = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.none, clock: systemClock, random: systemRandom, capacityBytes: 1_000 });
  const store = new S3Store({ connection: embedded.connection, bucket: embedded.bucket, clock: systemClock, random: systemRandom });
  try {
    await store.put('fits', new Uint8Array(900), never);
    await expect(store.put('does-not', new Uint8Array(200), never)).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining('full') });
    expect((await embedded.stats()).objectBytes).toBe(900);
  } finally {
    store.close();
    await embedded.stop();
    await embedded.stop();
  }
  expect(await readdir(folder)).toEqual([]);
});

it('tells what is wrong once it has stopped', async () => {
  const embedded = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.none, clock: systemClock, random: systemRandom });
  await embedded.stop();
  await expect(embedded.stats()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('embedded object store') });
});
