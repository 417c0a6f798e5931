/** What a worker process is told at its start, in two variables of its environment. Nothing else is inherited. */
import { AppError } from '@pappus/core';
import { sharedCompileCache } from '../compile-cache.ts';
import type { S3Connection } from '../object-store/s3-options.ts';
import { EXCHANGE_MEMORY_SHARE, FETCH_MEMORY_SHARE, MIN_FETCH_MEMORY_BYTES, MIN_ENGINE_MEMORY_BYTES, WORKER_OVERHEAD_BYTES } from './limits.ts';

/** An object store as a worker reaches it. */
export interface StoreAccess {
  readonly connection: S3Connection;
  readonly bucket: string;
  readonly prefix: string;
}

export interface WorkerConfig {
  readonly memoryBytes: number;
  /** Where exchange objects go; null when there is no `store` exchange. */
  readonly exchangeStore: StoreAccess | null;
  /** Where tables are; null when they are local files. */
  readonly tableStore: StoreAccess | null;
}

const TICKET = 'PAPPUS_TICKET';
const CONFIG = 'PAPPUS_WORKER';
/** For glibc: memory that one thread has freed serves the others, which keeps the process a third smaller. */
const MALLOC_ARENA_MAX = '2';

/** `ticket` is the group's, as text: what it means is not for this early part of a worker's start. */
export function workerEnvironment(ticket: string, config: WorkerConfig): Readonly<Record<string, string>> {
  return { [TICKET]: ticket, [CONFIG]: JSON.stringify(config), MALLOC_ARENA_MAX, ...sharedCompileCache() };
}

export function readWorkerEnvironment(env: Readonly<Record<string, string | undefined>>): { readonly ticket: string; readonly config: WorkerConfig } {
  const [ticket, config] = [env[TICKET], env[CONFIG]];
  if (ticket === undefined || config === undefined) throw new AppError('invalid-argument', `a worker needs ${TICKET} and ${CONFIG} in its environment`, { hint: 'Workers are started by pappus, not by hand.' });
  return { ticket, config: JSON.parse(config) as WorkerConfig };
}

/** How a worker's memory is shared out: Node and buffers, received frames, DuckDB. Fetching comes out of Node's part: it happens before the engine works. */
export function memoryShares(memoryBytes: number): { readonly engineBytes: number; readonly exchangeBytes: number; readonly fetchBytes: number } {
  const exchangeBytes = Math.floor(memoryBytes * EXCHANGE_MEMORY_SHARE);
  const fetchBytes = Math.max(MIN_FETCH_MEMORY_BYTES, Math.floor(memoryBytes * FETCH_MEMORY_SHARE));
  return { exchangeBytes, fetchBytes, engineBytes: Math.max(MIN_ENGINE_MEMORY_BYTES, memoryBytes - WORKER_OVERHEAD_BYTES - exchangeBytes) };
}
