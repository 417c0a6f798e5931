/** Builds the compute engines of a gateway. */
import { mkdir } from 'node:fs/promises';
import { assert, withDeadline, type Clock, type Logger } from '@pappus/core';
import type { ComputeEngine, FunctionSource } from './compute-engine.ts';
import { ComputePool } from './compute-pool.ts';
import { MAX_PROCESSES, MAX_THREADS_PER_PROCESS, PREPARE_TIMEOUT_MS, START_TIMEOUT_MS } from './limits.ts';

export interface ComputeEngineOptions {
  /** Engine processes that serve. */
  readonly processes: number;
  /** Threads that compute, over all processes; `setThreads` changes it. */
  readonly threads: number;
  /** Most threads that `setThreads` may ask for; as many are kept warm. */
  readonly maxThreads?: number;
  /** Warm threads of each process besides, for when one has to be ended. */
  readonly spares: number;
  /** Warm processes besides, for when one dies. */
  readonly spareProcesses?: number;
  readonly source: FunctionSource;
  /** Where the processes live. An empty folder, made if it is not there; nothing is ever written to it. */
  readonly folder: string;
  /** URL of the module whose `createSandboxFactory` the threads use. */
  readonly sandboxes?: URL;
  readonly threadHeapMiB?: number;
  /** A process that uses more ends itself. */
  readonly processMemoryBytes?: number;
  readonly prepareTimeoutMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEFAULT_HEAP_MIB = 512;
const DEFAULT_PROCESS_BYTES = 8 * 2 ** 30;

/** Resolves when the threads that compute are up; the spares follow. Rejects with `unavailable` when no process comes up. */
export async function createComputeEngine(options: ComputeEngineOptions): Promise<ComputeEngine> {
  const { processes, threads, spares, folder, clock, logger } = options;
  const maxThreads = Math.max(threads, options.maxThreads ?? threads);
  const perProcess = Math.ceil(maxThreads / processes) + spares;
  assert(processes >= 1 && processes <= MAX_PROCESSES, `1 to ${MAX_PROCESSES} engine processes, not ${processes}`);
  assert(threads >= 1 && spares >= 0, `at least one thread computes, not ${threads}, and ${spares} are spare`);
  assert(perProcess <= MAX_THREADS_PER_PROCESS, `${perProcess} threads in a process: at most ${MAX_THREADS_PER_PROCESS}, use more processes`);
  await mkdir(folder, { recursive: true });
  const engineArguments = {
    sandboxes: (options.sandboxes ?? defaultSandboxes()).href,
    threadHeapMiB: options.threadHeapMiB ?? DEFAULT_HEAP_MIB,
    memoryBytes: options.processMemoryBytes ?? DEFAULT_PROCESS_BYTES,
    prepareTimeoutMs: options.prepareTimeoutMs ?? PREPARE_TIMEOUT_MS,
  };
  const pool = new ComputePool({
    processes,
    spareProcesses: options.spareProcesses ?? 1,
    threads,
    maxThreads,
    source: options.source,
    process: { arguments: engineArguments, folder, threads: perProcess, spares, clock, logger },
    clock,
    logger,
  });
  try {
    await withDeadline({ clock, timeoutMs: START_TIMEOUT_MS, waitingFor: 'the engine processes to come up' }, (signal) => pool.start(signal));
    return pool;
  } catch (error) {
    await pool.stop();
    throw error;
  }
}

const defaultSandboxes = (): URL => new URL(import.meta.url.endsWith('.ts') ? './sandbox-choice.ts' : './sandbox-choice.js', import.meta.url);
