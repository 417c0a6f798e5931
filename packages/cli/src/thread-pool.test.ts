/** A server that `pappus` starts has threads enough for name look-ups: whatever was read before it started. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LOOKUP_POOL_THREADS } from '@pappus/platform';
import { eventually, PappusChild } from './testing/pappus-child.ts';

const poolThreads = (pid: number): number => readdirSync(`/proc/${pid}/task`).filter((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, 'latin1').trim() === 'libuv-worker').length;

test.runIf(process.platform === 'linux').each([
  ['serve', (folder: string) => ['serve', '--config', join(folder, 'config.json'), '--folder', join(folder, 'kept'), '--port', '0', '--threads', '1']],
  ['dev', (folder: string) => ['dev', join(folder, 'app'), '--port', '0', '--threads', '1']],
])('pappus %s', async (_, args) => {
  const folder = mkdtempSync(join(tmpdir(), 'pappus-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'config.json'), '{}');
  mkdirSync(join(folder, 'app'));
  const child = await PappusChild.start(args(folder), { folder });
  try {
    let told = '';
    child.process.stdout?.on('data', (chunk: Buffer) => void (told += chunk.toString()));
    expect(await eventually(() => told.includes('http://'), 60_000)).not.toBeNull();
    expect(poolThreads(child.pid)).toBe(LOOKUP_POOL_THREADS);
  } finally {
    child.process.kill('SIGINT');
    await child.ended;
  }
}, 90_000);
