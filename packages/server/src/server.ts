/** The composition root of `pappus serve`: builds every part, starts them in their order, and ends them in the other. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Signature } from '@pappus/api';
import type { Clock, Logger, Random } from '@pappus/core';
import { CoreController, createComputeEngine, CurrentModules, Dispatcher, httpFunction, ioTable, openFilesFunction, Registry, ResultCache, type ComputeEngine, type FunctionSource, type IoTable } from '@pappus/platform';
import type { ServerConfig } from './config/server-config.ts';
import { DispatchInvoker } from './gateway/dispatch-invoker.ts';
import { tuneCollector } from './gateway/collector-tuning.ts';
import { Gateway } from './gateway/gateway.ts';
import { Metrics } from './observability/metrics.ts';
import { OWN_FUNCTIONS } from './routes/switched-off.ts';

export interface ServerServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

export interface PappusServer {
  /** Such as `http://127.0.0.1:7077`. */
  readonly url: string;
  /** Takes nothing new, lets invocations end in their time, ends every process. Idempotent. */
  stop(): Promise<void>;
}

/** Of Pappus, in the API document. */
const VERSION = '0.1.0';

/** Resolves when invocations are taken. Whatever was started is ended when a later part does not start. */
export async function startServer(config: ServerConfig, services: ServerServices): Promise<PappusServer> {
  tuneCollector();
  const stops = new StopList();
  try {
    const gateway = await startParts(config, services, stops);
    return { url: gateway.url, stop: () => stops.run() };
  } catch (thrown) {
    await stops.run();
    throw thrown;
  }
}

async function startParts(config: ServerConfig, services: ServerServices, stops: StopList): Promise<Gateway> {
  const { clock, logger, random, signal } = services;
  const io = await ioFunctions(config);
  stops.add(() => io.stop());
  const builtins = new Map<string, Signature>(io.functions.map(({ name, signature }) => [name, signature]));
  await mkdir(config.folder, { recursive: true, mode: 0o700 });
  const { registry, engine, threads } = await startBackground(config, builtins, services, stops);
  signal?.throwIfAborted();
  const cache = config.cacheBytes === 0 ? null : new ResultCache({ maxBytes: config.cacheBytes });
  const dispatcher = new Dispatcher({ engine, clock, random, logger, cache, maxInvocations: config.invocations.atOnce });
  stops.add(() => dispatcher.stop(0));
  const split = splitCores({ compute: threads, ioRunsPerSlot: config.io.slots }, engine, dispatcher, clock);
  stops.add(async () => split.stop());
  const metrics = new Metrics();
  measure(metrics, registry, engine);
  measureDispatch(metrics, dispatcher, split, cache);
  const gateway = await Gateway.open({ config, registry, engine, invoker: new DispatchInvoker({ dispatcher, registry, io }), builtins, metrics, version: VERSION, clock, random, logger });
  stops.add(() => gateway.stop());
  return gateway;
}

interface Background {
  readonly registry: Registry;
  readonly engine: ComputeEngine;
  readonly threads: number;
}

/** What takes long, all at the same time: the registry is read while engine processes come up. */
async function startBackground(config: ServerConfig, builtins: ReadonlyMap<string, Signature>, services: ServerServices, stops: StopList): Promise<Background> {
  const { clock, logger, signal } = services;
  const { processes, spares, spareProcesses } = config.engines;
  const threads = config.engines.threads ?? availableParallelism();
  const opening = Registry.open({ folder: join(config.folder, 'registry'), clock, logger, builtins, reserved: OWN_FUNCTIONS, ...(signal === undefined ? {} : { signal }) });
  const source: FunctionSource = { load: async (hash) => (await modules).load(hash) };
  const starting = createComputeEngine({ processes, threads, spares, spareProcesses, source, folder: join(config.folder, 'engines'), clock, logger });
  const modules = Promise.all([opening, starting]).then(([registry, engine]) => new CurrentModules({ registry, prepare: (...given) => engine.prepare(...given), logger }));
  modules.catch(() => {}); // told below
  const [opened, started] = await Promise.allSettled([opening, starting]);
  if (opened.status === 'fulfilled') stops.add(() => opened.value.close());
  if (started.status === 'fulfilled') stops.add(() => started.value.stop());
  return { registry: valueOf(opened), engine: valueOf(started), threads };
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

async function ioFunctions({ io }: ServerConfig): Promise<IoTable> {
  const { allow, allowPrivate } = io.http;
  const { folder } = io.files;
  return ioTable([
    ...(allow.length === 0 ? [] : [httpFunction({ destinations: { allow, allowPrivate } })]),
    ...(folder === null ? [] : [await openFilesFunction({ folder })]),
  ]);
}

/**
 * One slot more than there are cores: what does I/O mostly waits. Each slot is a thread that computes, or so many runs of
 * I/O functions at a time.
 */
function splitCores({ compute: threads, ioRunsPerSlot }: { readonly compute: number; readonly ioRunsPerSlot: number }, engine: ComputeEngine, dispatcher: Dispatcher, clock: Clock): CoreController {
  const controller = new CoreController({
    clock,
    initial: { compute: threads, io: 1 },
    sample: () => {
      const { waiting, waitingIo, completedTasks, completedIo } = dispatcher.stats();
      return { compute: { waiting, completed: completedTasks }, io: { waiting: waitingIo, completed: completedIo }, busy: engine.stats().running };
    },
    apply: ({ compute, io }) => {
      engine.setThreads(compute);
      dispatcher.setThreads(compute);
      dispatcher.setIoSlots(io * ioRunsPerSlot);
    },
  });
  controller.start();
  return controller;
}

function measureDispatch(metrics: Metrics, dispatcher: Dispatcher, split: CoreController, cache: ResultCache | null): void {
  metrics.gauge('pappus_dispatch_waiting', 'Runs that wait for a thread', () => dispatcher.stats().waiting);
  metrics.gauge('pappus_dispatch_waiting_io', 'Runs of I/O functions that wait for their turn', () => dispatcher.stats().waitingIo);
  metrics.gauge('pappus_io_running', 'Runs of I/O functions under way', () => dispatcher.stats().io);
  metrics.gauge('pappus_core_split_compute', 'Slots that compute', () => split.stats().split.compute);
  metrics.gauge('pappus_core_split_io', 'Slots that do I/O', () => split.stats().split.io);
  metrics.gauge('pappus_result_cache_bytes', 'Bytes of kept results', () => cache?.stats().bytes ?? 0);
  metrics.counted('pappus_result_cache_hits_total', 'Runs that a kept result has saved', () => cache?.stats().hits ?? 0);
  metrics.counted('pappus_result_cache_misses_total', 'Runs whose result was not kept yet', () => cache?.stats().misses ?? 0);
}

function measure(metrics: Metrics, registry: Registry, engine: ComputeEngine): void {
  metrics.gauge('pappus_registry_names', 'Functions and compositions', () => registry.stats().names);
  metrics.gauge('pappus_registry_versions', 'Their versions', () => registry.stats().versions);
  metrics.gauge('pappus_engine_threads', 'Threads that compute', () => engine.stats().threads);
  metrics.gauge('pappus_engine_spare_threads', 'Warm threads besides', () => engine.stats().spares);
  metrics.gauge('pappus_engine_queued', 'Tasks that wait for a thread', () => engine.stats().queued);
  metrics.gauge('pappus_engine_running', 'Tasks under way', () => engine.stats().running);
  metrics.counted('pappus_engine_processes_lost_total', 'Engine processes that died', () => engine.stats().processesLost);
  metrics.counted('pappus_engine_threads_ended_total', 'Threads that were ended, for running too long', () => engine.stats().threadsEnded);
  metrics.gauge('process_resident_memory_bytes', 'Memory of the gateway process', () => process.memoryUsage.rss());
}

/** What has to be ended, the last one first; each once, even where another one fails. */
class StopList {
  readonly #stops: (() => Promise<void>)[] = [];
  #running: Promise<void> | null = null;

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    let failure: unknown = null;
    for (const stop of this.#stops.reverse()) {
      try {
        await stop();
      } catch (thrown) {
        failure ??= thrown;
      }
    }
    if (failure !== null) throw failure;
  }
}
