/**
 * A worker's side of a query: runs its fragments one after the other on its engine, while the transports receive for
 * all of them. A query begins and ends with a message of the driver; whatever happens between, the end frees all that
 * the query holds here.
 */
import { AppError, assert, cancelled, defined, parseQueryId, toAppError, type Clock, type Logger } from '@pappus/core';
import type { EngineThread } from '../engine/engine-thread.ts';
import type { FragmentSpec } from '../engine/fragment.ts';
import type { FragmentStats } from '../engine/stats.ts';
import type { ExchangeReader, ExchangeWriter, QueryScopedTransport } from '../exchange/transport.ts';
import { noRequests, requestsSince, type RequestCounts } from '../object-store/request-counts.ts';
import { toEdge } from './control-directory.ts';
import { parquetFragment, resultPath, sendFile } from './parquet-result.ts';
import { watchPeak, type ProcessMemory } from './process-memory.ts';
import { withScans } from './scan-view.ts';
import type { EdgeTask, FragmentTask, FromWorker, QueryTask, ScanTask } from './task.ts';

/** Makes the files of a scan readable for DuckDB: as they are, or fetched into sparse copies. */
export interface ScanSource {
  paths(task: ScanTask, query: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Begins with scans that will come, in this order, while other work goes on. What fails is left to `paths`. */
  ahead(tasks: readonly ScanTask[], query: string, signal: AbortSignal): void;
  endQuery(query: string): Promise<void>;
}

export interface WorkerOptions {
  readonly engine: Pick<EngineThread, 'run'>;
  readonly transports: ReadonlyMap<'direct' | 'store', QueryScopedTransport>;
  readonly scans: ScanSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: (message: FromWorker) => void;
  readonly memory: ProcessMemory;
  /** Everything asked of object stores so far. */
  readonly requests: () => RequestCounts;
}

interface Running {
  readonly task: QueryTask;
  readonly controller: AbortController;
  readonly requestsBefore: RequestCounts;
  done: Promise<void>;
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #running = new Map<string, Running>();
  /** Queries run one after the other: there is one engine. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  run(task: QueryTask): void {
    assert(!this.#running.has(task.query), `query ${task.query} runs already`);
    const running: Running = { task, controller: new AbortController(), requestsBefore: this.#options.requests(), done: Promise.resolve() };
    this.#running.set(task.query, running);
    running.done = this.#last.then(() => this.#fragments(running)).catch((thrown: unknown) => {
      this.#options.logger.log('error', 'a query task failed outside its fragments', { query: task.query, error: toAppError(thrown).message });
    });
    this.#last = running.done;
  }

  /** Ends a query, finished or not, and frees what it holds. */
  async end(query: string, reason: string): Promise<void> {
    const running = this.#running.get(query);
    running?.controller.abort(cancelled(`query ${query}: ${reason}`));
    await running?.done;
    this.#running.delete(query);
    for (const transport of this.#options.transports.values()) await transport.endQuery(parseQueryId(query));
    await this.#options.scans.endQuery(query);
    this.#options.send({ kind: 'ended', query, requests: running === undefined ? noRequests : requestsSince(running.requestsBefore, this.#options.requests()) });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((query) => this.end(query, 'the worker stops')));
  }

  async #fragments({ task, controller }: Running): Promise<void> {
    this.#options.scans.ahead(task.fragments.flatMap((fragment) => fragment.scans), task.query, controller.signal);
    for (const fragment of task.fragments) {
      if (controller.signal.aborted) return;
      try {
        await this.#fragment(task, fragment, controller.signal);
      } catch (thrown) {
        if (controller.signal.aborted) return;
        this.#options.send({ kind: 'failed', query: task.query, stage: fragment.stage, error: namingDisk(toAppError(thrown)).toRecord() });
        return;
      }
    }
  }

  async #fragment(task: QueryTask, fragment: FragmentTask, signal: AbortSignal): Promise<void> {
    const { clock, send, engine, scans } = this.#options;
    const startedMs = clock.wallMs();
    const peak = watchPeak(this.#options.memory);
    send({ kind: 'started', query: task.query, stage: fragment.stage, fragment: fragment.fragment });
    const ends = this.#ends(task, fragment, signal);
    try {
      const located = await Promise.all(fragment.scans.map(async (scan) => ({ task: scan, paths: await scans.paths(scan, task.query, signal) })));
      const { columns, inputs, outputs, parquet } = fragment;
      const spec: FragmentSpec = { ...withScans(fragment.sql, located, fragment.whole), columns, inputs, outputs };
      const path = resultPath(task.query);
      const stats: FragmentStats = await engine.run(parquet === null ? spec : parquetFragment(spec, parquet, path), ends, signal);
      if (parquet !== null) for (const writer of ends.writers.values()) await sendFile(path, writer);
      await Promise.all([...ends.writers.values()].map((writer) => writer.finish()));
      send({ kind: 'finished', query: task.query, report: { stage: fragment.stage, fragment: fragment.fragment, startedMs, stats, peakBytes: peak() } });
    } catch (thrown) {
      const error = signal.aborted ? cancelled(`stage ${fragment.stage}`) : toAppError(thrown);
      await Promise.allSettled([...ends.writers.values()].map((writer) => writer.abort(error)));
      throw error;
    } finally {
      await Promise.all([...ends.readers.values()].map((reader) => reader.close()));
    }
  }

  #ends(task: QueryTask, fragment: FragmentTask, signal: AbortSignal): { readonly readers: ReadonlyMap<number, ExchangeReader>; readonly writers: ReadonlyMap<number, ExchangeWriter> } {
    const edges = new Map(task.edges.map((edge) => [edge.edge, edge]));
    const of = (edge: number): EdgeTask => defined(edges.get(edge), `edge ${edge}`);
    const producer = (edge: number): number => of(edge).producers.indexOf(task.rank);
    const readers = fragment.inputs.map(({ edge }) => [edge, this.#transport(of(edge)).reader(toEdge(task.query, of(edge)), fragment.fragment, signal)] as const);
    const writers = fragment.outputs.map(({ edge }) => [edge, this.#transport(of(edge)).writer(toEdge(task.query, of(edge)), producer(edge), signal)] as const);
    return { readers: new Map(readers), writers: new Map(writers) };
  }

  #transport(edge: EdgeTask): QueryScopedTransport {
    const transport = this.#options.transports.get(edge.transport);
    if (transport === undefined) throw new AppError('unsupported', `this worker has no ${edge.transport} exchange`);
    return transport;
  }
}

/** DuckDB does not say where it could not spill. The engine's folder is below the worker's own. */
function namingDisk(error: AppError): AppError {
  if (error.code !== 'resource-exhausted' || !/offload|temp_directory/i.test(error.message)) return error;
  return new AppError(error.code, `${error.message}; the disk of ${process.cwd()} is full`, { cause: error, hint: 'Free some space, set TMPDIR to a folder on a bigger disk, or give workers more memory with --worker-memory.' });
}
