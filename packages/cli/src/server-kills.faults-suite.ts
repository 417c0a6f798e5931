/** `pappus serve` is killed at random moments, SERVER_KILLS times or 20: what was acknowledged is there, and everything runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt, systemRandom } from '@pappus/core';
import { expect, it } from 'vitest';
import { killServers } from './testing/killed-servers.ts';

const kills = Number(process.env['SERVER_KILLS'] ?? 20);

it(`a server is whole after each of ${kills} kills`, { timeout: 120_000 + kills * 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-kills-'));
  const seed = Number(process.env['SERVER_KILLS_SEED'] ?? randomInt(systemRandom, 1, 1_000_000));
  try {
    const result = await killServers(folder, kills, seed);
    process.stdout.write(`seed ${seed}: ${JSON.stringify(result)}\n`);
    expect(result.changes).toBeGreaterThan(kills);
    expect(result.invocations).toBeGreaterThan(0);
    if (kills >= 200) expect(Math.min(result.unacknowledgedKept, result.unacknowledgedLost)).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
