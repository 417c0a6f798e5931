/** The random tables in a temporary folder, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRandomData, type WrittenTable } from './random-data.ts';

export interface TestTables {
  readonly folder: string;
  readonly tables: readonly WrittenTable[];
  remove(): Promise<void>;
}

export async function createTestTables(seed: number): Promise<TestTables> {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-differential-'));
  const tables = await writeRandomData({ seed, folder });
  return { folder, tables, remove: () => rm(folder, { recursive: true, force: true }) };
}
