/** The generating threads as their owner sees them: hands each a file at a time until none is left. */
import { Worker } from 'node:worker_threads';
import { AppError, cancelled, defined, unreachable, withDeadline, type Clock } from '@pappus/core';
import { emptyPool, SEGMENT_COUNT } from '../generator/text-pool.ts';
import { THREAD_DEADLINE_MS } from '../limits.ts';
import { CANCELLED, CONTROL_SLOTS, FILLED_SEGMENTS, NEXT_SEGMENT, type FileTask, type ThreadData, type ThreadMessage } from './thread-protocol.ts';

export interface CrewOptions {
  readonly threads: number;
  readonly tasks: readonly FileTask[];
  /** Filled; the threads fill one themselves without it. */
  readonly textPool?: Uint8Array<SharedArrayBuffer> | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onSegment: () => void;
  readonly onRows: (task: FileTask, rows: number) => void;
  /** Runs when a file is written, before its thread gets the next one. */
  readonly onDone: (task: FileTask, rows: number, bytes: number) => Promise<void>;
}

/** Run from source the thread is TypeScript, too, and finds the workspace's packages in source. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const THREAD_MODULE = new URL(FROM_SOURCE ? './thread.ts' : './thread.js', import.meta.url);
const EXEC_ARGV = FROM_SOURCE ? ['--conditions=source'] : [];

export interface TextPoolOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** The text pool, filled by threads: about 2 s of one core. For callers that generate several data sets. */
export async function createTextPool(options: TextPoolOptions): Promise<Uint8Array<SharedArrayBuffer>> {
  const { threads, clock, signal = new AbortController().signal } = options;
  const pool = emptyPool();
  await runThreads(pool, 0, threads, { threads, clock, signal, tasks: [], onSegment: () => {}, onRows: () => {}, onDone: () => Promise.resolve() });
  return pool;
}

/** Resolves when every task is done and every thread has ended. Rejects with the first failure, after all have ended. */
export async function runCrew(options: CrewOptions): Promise<void> {
  const { textPool, tasks } = options;
  const threads = Math.min(options.threads, tasks.length);
  await runThreads(textPool ?? emptyPool(), textPool === undefined ? 0 : SEGMENT_COUNT, threads, options);
}

async function runThreads(pool: Uint8Array<SharedArrayBuffer>, filledSegments: number, count: number, options: CrewOptions): Promise<void> {
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_SLOTS * Int32Array.BYTES_PER_ELEMENT));
  control[NEXT_SEGMENT] = filledSegments;
  control[FILLED_SEGMENTS] = filledSegments;
  const queue = [...options.tasks];
  const cancel = (): void => {
    Atomics.store(control, CANCELLED, 1);
    Atomics.notify(control, FILLED_SEGMENTS);
  };
  options.signal.addEventListener('abort', cancel, { once: true });
  if (options.signal.aborted) cancel();
  try {
    const threads = Array.from({ length: count }, () => {
      const thread = runThread({ pool, control }, queue, options);
      thread.catch(cancel); // one lost, all stop
      return thread;
    });
    const results = await Promise.allSettled(threads);
    options.signal.throwIfAborted();
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (reasons.length > 0) throw firstCause(reasons);
  } finally {
    options.signal.removeEventListener('abort', cancel);
  }
}

/** What happened first: the other threads then report that they were cancelled. */
function firstCause(reasons: readonly unknown[]): unknown {
  return reasons.find((reason) => !(reason instanceof AppError && reason.code === 'cancelled')) ?? reasons[0];
}

async function runThread(data: ThreadData, queue: FileTask[], options: CrewOptions): Promise<void> {
  const worker = new Worker(THREAD_MODULE, { workerData: data, execArgv: EXEC_ARGV });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  try {
    await converse(worker, queue, options);
  } finally {
    const { clock } = options;
    const ended = withDeadline({ clock, timeoutMs: THREAD_DEADLINE_MS, waitingFor: 'a generating thread to end' }, () => exited);
    await ended.catch(() => worker.terminate());
  }
}

/** Feeds one thread until the queue is empty or something fails. */
function converse(worker: Worker, queue: FileTask[], { signal, onSegment, onRows, onDone }: CrewOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let task: FileTask | null = null;
    const next = (): void => {
      task = signal.aborted ? null : (queue.shift() ?? null);
      worker.postMessage(task);
      if (task === null) resolve();
    };
    const fail = (error: unknown): void => {
      queue.length = 0;
      reject(error);
      worker.postMessage(null);
    };
    const receive = (message: ThreadMessage): void => {
      switch (message.kind) {
        case 'segment':
          return onSegment();
        case 'ready':
          return next();
        case 'progress':
          return onRows(defined(task, 'the file in work'), message.rows);
        case 'done':
          return void onDone(defined(task, 'the file in work'), message.rows, message.bytes).then(next, fail);
        case 'failed':
          return fail(AppError.fromRecord(message.error));
        default:
          return unreachable(message, 'thread message');
      }
    };
    worker.on('message', receive);
    worker.once('error', fail);
    worker.once('exit', () => fail(signal.aborted ? cancelled('generating TPC-H data') : new AppError('worker-lost', 'a generating thread ended unexpectedly')));
  });
}
