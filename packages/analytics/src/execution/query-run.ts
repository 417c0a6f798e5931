/**
 * One query on a cluster: hands each worker its task, collects reports, and yields the result when all of it is here,
 * so that a failure never leaves half an answer behind.
 *
 * When a worker is lost, what it had finished is safe if it went to the object store. So the worker that takes its
 * place gets the rest of the task, and is told what is in the store already; the others wait for it as they would for
 * a slow one. What a fragment wrote becomes known all at once, when it has finished: nobody reads a part of an attempt
 * that another one replaces. A part of the result, which travels directly, gets a new edge with each attempt.
 */
import { abortable, AppError, defined, parseQueryId, type Clock, type Logger, type Timer } from '@pappus/core';
import type { InboxReader } from '../exchange/direct/reader.ts';
import type { Frame } from '../exchange/transport.ts';
import { noRequests, type RequestCounts } from '../object-store/request-counts.ts';
import type { StagePlan } from '../plan/stages/stage.ts';
import type { Cluster, WorkerEvent } from './cluster.ts';
import { toEdge } from './control-directory.ts';
import { CAUSE_GRACE_MS } from './limits.ts';
import { endEverywhere } from './query-end.ts';
import type { EdgeTask, FragmentReport, FromWorker, QueryTask, ToWorker } from './task.ts';

export interface FragmentOutcome extends FragmentReport {
  readonly worker: number;
}

export interface Progress {
  readonly stage: number;
  readonly worker: number;
  readonly state: 'started' | 'finished';
  readonly report: FragmentReport | null;
}

export interface RunOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly query: string;
  readonly plan: StagePlan;
  readonly tasks: readonly QueryTask[];
  /** How many lost workers are replaced, and their fragments run again; 0 unless the edges between stages are durable. */
  readonly maxRecoveries: number;
  readonly onProgress: (progress: Progress) => void;
  /** The result, frame by frame, once every fragment has finished. What waits meanwhile is spilled by the transport. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly reports: readonly FragmentOutcome[];
  /** Of each worker, to object stores. */
  readonly requests: readonly RequestCounts[];
  /** From the first task sent to the last row received. */
  readonly elapsedMs: number;
  /** Workers that were replaced while the query ran. */
  readonly recoveries: number;
}

type Announcement = Extract<ToWorker, { kind: 'announced' }>;

/** Rejects with the first failure that cannot be made good; the query has then ended on all workers. */
export async function runQuery(options: RunOptions): Promise<RunResult> {
  const run = new QueryRun(options);
  try {
    return await run.run();
  } finally {
    await run.end();
  }
}

class QueryRun {
  readonly #options: RunOptions;
  readonly #failed = new AbortController();
  readonly #complete = Promise.withResolvers<void>();
  /** By stage and worker. */
  readonly #reports = new Map<string, FragmentOutcome>();
  readonly #stages = new Map<number, number>();
  readonly #announced: Announcement[] = [];
  /** What the fragment that a worker is about to finish has written. */
  readonly #unfinished = new Map<number, Announcement[]>();
  readonly #results = new Map<number, { readonly reader: InboxReader; whole: boolean }>();
  /** Workers that have the task and have not let go of it. */
  readonly #engaged = new Set<number>();
  readonly #replacing = new Set<Promise<void>>();
  /** Failures that the loss of the worker will explain, or else end the query. */
  readonly #suspicions = new Map<number, Timer>();
  #recoveries = 0;
  #attempts = 0;
  #over = false;
  #unlisten: () => void = () => {};

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async run(): Promise<RunResult> {
    const { cluster, clock, tasks, signal } = this.#options;
    signal.throwIfAborted();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#unlisten = cluster.listen((event) => this.#guarded(() => this.#onEvent(event)));
    this.#failed.signal.throwIfAborted();
    const startedAt = clock.nowMs();
    tasks.forEach((task, rank) => cluster.isLost(rank) || this.#engage(rank, task)); // the successor of one that is lost will get it
    await abortable(this.#complete.promise, this.#failed.signal);
    this.#over = true;
    for (const { reader } of this.#results.values()) await this.#deliver(reader);
    const elapsedMs = clock.nowMs() - startedAt;
    return { reports: [...this.#reports.values()], requests: await this.#endOnWorkers(), elapsedMs, recoveries: this.#recoveries };
  }

  /** Frees all that the query holds, here and on the workers. Idempotent. */
  async end(): Promise<void> {
    this.#over = true;
    this.#failed.abort(new AppError('cancelled', 'the query is over'));
    this.#unlisten();
    for (const timer of this.#suspicions.values()) timer.cancel();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    await Promise.all(this.#replacing);
    await this.#endOnWorkers();
    for (const { reader } of this.#results.values()) await reader.close();
    await this.#options.cluster.direct.endQuery(parseQueryId(this.#options.query));
  }

  async #endOnWorkers(): Promise<readonly RequestCounts[]> {
    const { cluster, clock, query } = this.#options;
    const ranks = [...this.#engaged];
    this.#engaged.clear();
    return ranks.length === 0 ? [noRequests] : endEverywhere({ cluster, clock, query, ranks });
  }

  readonly #onAbort = (): void => this.#failed.abort(this.#options.signal.reason);

  #guarded(operation: () => void): void {
    try {
      operation();
    } catch (thrown) {
      this.#failed.abort(thrown);
    }
  }

  /** Gives a worker its task, and everything that is known. */
  #engage(rank: number, task: QueryTask): void {
    const { cluster, plan } = this.#options;
    this.#engaged.add(rank);
    const writesResult = task.fragments.some((fragment) => fragment.outputs.some((output) => output.edge === plan.resultEdge));
    const edges = writesResult ? task.edges.map((edge) => (edge.edge === plan.resultEdge ? this.#resultEdge(rank, edge) : edge)) : task.edges;
    cluster.send(rank, { kind: 'run', task: { ...task, edges } });
    for (const message of this.#announced) cluster.send(rank, message);
  }

  /** An edge for this attempt of this worker alone, and its reader. */
  #resultEdge(rank: number, edge: EdgeTask): EdgeTask {
    const { cluster, query, tasks } = this.#options;
    const firstFree = Math.max(...defined(tasks[0], 'task').edges.map((known) => known.edge)) + 1;
    const own: EdgeTask = { ...edge, producers: [rank], wire: firstFree + this.#attempts++ };
    const result = { reader: cluster.direct.reader(toEdge(query, own), 0, this.#failed.signal), whole: false };
    this.#results.set(rank, result);
    const onWhole = (): void => {
      result.whole = true;
      this.#checkComplete();
    };
    const onFailure = (thrown: unknown): void => void (this.#results.get(rank) === result && this.#suspect(rank, thrown));
    result.reader.whole().then(onWhole, onFailure);
    return own;
  }

  #onEvent(event: WorkerEvent): void {
    if (this.#over) return;
    if (event.kind === 'lost') return this.#onLost(event.rank, event.error);
    const { message, rank } = event;
    if (!('query' in message) || message.query !== this.#options.query) return;
    switch (message.kind) {
      case 'started':
        this.#stages.set(rank, message.stage);
        return this.#options.onProgress({ stage: message.stage, worker: rank, state: 'started', report: null });
      case 'announce':
        this.#unfinished.set(rank, [...(this.#unfinished.get(rank) ?? []), { ...message, kind: 'announced' }]);
        return;
      case 'finished':
        return this.#onFinished(rank, message.report);
      case 'failed':
        return this.#onFailure(rank, failureOf(rank, message));
      default:
    }
  }

  #onFinished(rank: number, report: FragmentReport): void {
    const { cluster, onProgress } = this.#options;
    const written = this.#unfinished.get(rank) ?? [];
    this.#unfinished.delete(rank);
    this.#announced.push(...written);
    for (const message of written) for (const engaged of this.#engaged) cluster.send(engaged, message);
    this.#reports.set(fragmentKey(report.stage, rank), { ...report, worker: rank });
    onProgress({ stage: report.stage, worker: rank, state: 'finished', report });
    this.#checkComplete();
  }

  #checkComplete(): void {
    const total = this.#options.tasks.reduce((sum, task) => sum + task.fragments.length, 0);
    if (this.#reports.size === total && [...this.#results.values()].every(({ whole }) => whole)) this.#complete.resolve();
  }

  #onFailure(rank: number, error: AppError): void {
    if (error.code === 'worker-lost') this.#suspect(rank, error);
    else this.#failed.abort(error);
  }

  /** The query fails, but better news may come first: a broken stream is only the consequence of a worker's end. */
  #suspect(rank: number, thrown: unknown): void {
    this.#suspicions.get(rank)?.cancel();
    this.#suspicions.set(rank, this.#options.clock.schedule(CAUSE_GRACE_MS, () => this.#failed.abort(thrown)));
  }

  #onLost(rank: number, error: AppError): void {
    const { maxRecoveries, logger } = this.#options;
    this.#engaged.delete(rank);
    this.#unfinished.delete(rank);
    this.#suspicions.get(rank)?.cancel();
    const rest = this.#unsafe(rank);
    if (rest.fragments.length === 0 && maxRecoveries > 0) return;
    const lost = this.#describe(rank, error);
    if (error.code !== 'worker-lost' || this.#recoveries >= maxRecoveries) return this.#failed.abort(lost);
    this.#recoveries++;
    logger.log('warn', 'a worker was lost; its fragments run again', { error: lost.message, fragments: rest.fragments.length });
    const replacing = this.#replace(rank, rest).finally(() => this.#replacing.delete(replacing));
    this.#replacing.add(replacing);
  }

  #describe(rank: number, error: AppError): AppError {
    const stage = this.#stages.get(rank);
    const where = stage === undefined ? 'before its first stage' : `in stage ${stage}`;
    const before = this.#recoveries === 0 ? '' : `after ${this.#recoveries} other losses, `;
    return new AppError(error.code, `${before}${where}, ${error.message}`, { cause: error, retryable: error.retryable, ...(error.hint === null ? {} : { hint: error.hint }) });
  }

  /** The fragments of a lost worker whose output is not complete in a safe place; their reports do not count any more. */
  #unsafe(rank: number): QueryTask {
    const { tasks, plan } = this.#options;
    const task = defined(tasks[rank], `task of worker ${rank}`);
    const fragments = task.fragments.filter((fragment) => {
      const isResult = fragment.outputs.some((output) => output.edge === plan.resultEdge);
      if (isResult && this.#results.get(rank)?.whole !== true) return true;
      return !this.#reports.has(fragmentKey(fragment.stage, rank));
    });
    for (const { stage } of fragments) this.#reports.delete(fragmentKey(stage, rank));
    return { ...task, fragments };
  }

  async #replace(rank: number, rest: QueryTask): Promise<void> {
    const { cluster } = this.#options;
    const { signal } = this.#failed;
    try {
      const broken = this.#results.get(rank);
      this.#results.delete(rank);
      await broken?.reader.close();
      await cluster.replace(rank, signal);
      if (!signal.aborted) this.#engage(rank, rest);
    } catch (thrown) {
      if (!signal.aborted && !cluster.isLost(rank)) this.#failed.abort(thrown); // a loss is an event of its own
    }
  }

  async #deliver(reader: InboxReader): Promise<void> {
    for (;;) {
      const frame = await abortable(reader.next(), this.#failed.signal);
      if (frame === null) return reader.close();
      await this.#options.onFrame(frame);
    }
  }
}

const fragmentKey = (stage: number, worker: number): string => `${stage}/${worker}`;

function failureOf(rank: number, { stage, error }: Extract<FromWorker, { kind: 'failed' }>): AppError {
  const inner = AppError.fromRecord(error);
  const options = { retryable: inner.retryable, cause: inner, ...(inner.hint === null ? {} : { hint: inner.hint }) };
  return new AppError(inner.code, `worker ${rank}${stage === null ? '' : `, stage ${stage}`}: ${inner.message}`, options);
}
