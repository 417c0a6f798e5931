/**
 * One query on a cluster: hands each worker its task, collects reports, and yields the result when every producer of
 * it has finished, so that a failure never leaves half an answer behind.
 */
import { abortable, AppError, defined, parseQueryId, sleep, type Clock } from '@pappus/core';
import type { ExchangeReader, Frame } from '../exchange/transport.ts';
import type { RequestCounts } from '../object-store/request-counts.ts';
import type { StagePlan } from '../plan/stages/stage.ts';
import type { Cluster, WorkerEvent } from './cluster.ts';
import { END_TIMEOUT_MS } from './limits.ts';
import type { FragmentReport, FromWorker, QueryTask } from './task.ts';
import { toEdge } from './control-directory.ts';

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
  readonly query: string;
  readonly plan: StagePlan;
  readonly tasks: readonly QueryTask[];
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
}

/** Rejects with the first failure of any worker; the query has then ended on all of them. */
export async function runQuery(options: RunOptions): Promise<RunResult> {
  const { cluster, clock, query, plan, tasks, signal } = options;
  const failed = new AbortController();
  const onAbort = (): void => failed.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const reports: FragmentOutcome[] = [];
  const total = tasks.reduce((sum, task) => sum + task.fragments.length, 0);
  const finished = Promise.withResolvers<void>();
  const unlisten = cluster.listen((event) => {
    try {
      onEvent(event, options, reports);
      if (reports.length === total) finished.resolve();
    } catch (thrown) {
      failed.abort(thrown);
    }
  });
  const startedAt = clock.nowMs();
  let ended: readonly RequestCounts[] | null = null;
  try {
    signal.throwIfAborted();
    failed.signal.throwIfAborted();
    tasks.forEach((task, rank) => cluster.send(rank, { kind: 'run', task }));
    const edge = defined(tasks[0]?.edges.find((candidate) => candidate.edge === plan.resultEdge), 'result edge');
    const reader = cluster.direct.reader(toEdge(query, edge), 0, failed.signal);
    await abortable(finished.promise, failed.signal);
    await drain(reader, options.onFrame, failed.signal);
    const elapsedMs = clock.nowMs() - startedAt;
    ended = await endEverywhere(options);
    return { reports, requests: ended, elapsedMs };
  } catch (thrown) {
    // A lost peer shows on many streams; the worker's own end, which says why, may come a moment later.
    if (!failed.signal.aborted) await sleep(clock, CAUSE_GRACE_MS, failed.signal).catch(() => {});
    throw failed.signal.aborted ? failed.signal.reason : thrown;
  } finally {
    unlisten();
    signal.removeEventListener('abort', onAbort);
    if (ended === null) await endEverywhere(options);
  }
}

const CAUSE_GRACE_MS = 500;

function onEvent(event: WorkerEvent, options: RunOptions, reports: FragmentOutcome[]): void {
  if (event.kind === 'lost') throw event.error;
  const { message, rank } = event;
  if (!('query' in message) || message.query !== options.query) return;
  switch (message.kind) {
    case 'started':
      return options.onProgress({ stage: message.stage, worker: rank, state: 'started', report: null });
    case 'finished':
      reports.push({ ...message.report, worker: rank });
      return options.onProgress({ stage: message.report.stage, worker: rank, state: 'finished', report: message.report });
    case 'announce':
      return options.tasks.forEach((_, other) => options.cluster.send(other, { ...message, kind: 'announced' }));
    case 'failed':
      throw failureOf(rank, message);
    default:
  }
}

function failureOf(rank: number, { stage, error }: Extract<FromWorker, { kind: 'failed' }>): AppError {
  const inner = AppError.fromRecord(error);
  const options = { retryable: inner.retryable, cause: inner, ...(inner.hint === null ? {} : { hint: inner.hint }) };
  return new AppError(inner.code, `worker ${rank}${stage === null ? '' : `, stage ${stage}`}: ${inner.message}`, options);
}

async function drain(reader: ExchangeReader, onFrame: RunOptions['onFrame'], signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const frame = await abortable(reader.next(), signal);
      if (frame === null) return;
      await onFrame(frame);
    }
  } finally {
    await reader.close();
  }
}

/** Waits until each worker has let go of the query; one that does not answer is ended. */
async function endEverywhere({ cluster, clock, query, tasks }: RunOptions): Promise<readonly RequestCounts[]> {
  const requests: RequestCounts[] = [];
  const waiting = new Set(tasks.map((_, rank) => rank));
  const done = Promise.withResolvers<void>();
  const settle = (rank: number): void => {
    waiting.delete(rank);
    if (waiting.size === 0) done.resolve();
  };
  const unlisten = cluster.listen((event) => {
    if (event.kind === 'lost') return settle(event.rank);
    if (event.message.kind !== 'ended' || event.message.query !== query) return;
    requests.push(event.message.requests);
    settle(event.rank);
  });
  for (const rank of [...waiting]) cluster.send(rank, { kind: 'end', query, reason: 'the driver ends it' });
  const timer = clock.schedule(END_TIMEOUT_MS, () => void Promise.all([...waiting].map((rank) => cluster.expel(rank))).then(() => done.resolve()));
  await done.promise;
  timer.cancel();
  unlisten();
  await cluster.direct.endQuery(parseQueryId(query));
  return requests;
}
