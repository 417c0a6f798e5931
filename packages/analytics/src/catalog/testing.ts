/** Parquet files on local disk and the same ones in an embedded object store, for tests. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { seededRandom, systemClock, systemRandom } from '@pappus/core';
import { startEmbeddedStore, type EmbeddedStore } from '../object-store/embedded/embedded-store.ts';
import { storeProfiles } from '../object-store/embedded/store-profile.ts';
import { S3Store } from '../object-store/s3-store.ts';

export interface TestTables {
  readonly connection: DuckDBConnection;
  readonly embedded: EmbeddedStore;
  readonly store: S3Store;
  /** For whatever a test writes; gone at the end. */
  readonly folder: string;
  /** Writes the rows of a query to `<folder>/<path>` and returns the whole path. */
  write(path: string, sql: string, options?: string): Promise<string>;
  /** Puts every file below `<folder>/<from>` into the store, below the prefix. */
  upload(from: string, prefix: string): Promise<void>;
  stop(): Promise<void>;
}

const signal: AbortSignal = new AbortController().signal;

export async function startTestTables(): Promise<TestTables> {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-tables-test-'));
  const embedded = await startEmbeddedStore({ parentFolder: folder, profile: storeProfiles.none, clock: systemClock, random: systemRandom, seed: 5 });
  const store = new S3Store({ connection: embedded.connection, bucket: embedded.bucket, clock: systemClock, random: seededRandom(1), retry: { baseMs: 1, maxMs: 4 } });
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const write = async (path: string, sql: string, options = ''): Promise<string> => {
    const whole = join(folder, path);
    await mkdir(dirname(whole), { recursive: true });
    await connection.run(`COPY (${sql}) TO '${whole}' (FORMAT parquet${options === '' ? '' : `, ${options}`})`);
    return whole;
  };
  const upload = async (from: string, prefix: string): Promise<void> => {
    const entries = await readdir(join(folder, from), { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths) await store.put(prefix + path.slice(join(folder, from).length + 1), await readFile(path), signal);
  };
  const stop = async (): Promise<void> => {
    store.close();
    connection.closeSync();
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { connection, embedded, store, folder, write, upload, stop };
}
