/**
 * An engine: DuckDB on a thread of its own, as the worker's main thread sees it. The main thread stays free for
 * the network; the engine thread sleeps and computes synchronously (`thread.ts`). One fragment runs at a time;
 * a worker that wants several starts several engines.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { abortable, AppError, assert, cancelled, errorMessage, sleep, withDeadline, type Clock } from '@pappus/core';
import { loadInterrupt } from '../duckdb/bindings.ts';
import { findDuckDbLibrary } from '../duckdb/library.ts';
import type { Frame } from '../exchange/transport.ts';
import { channelBytes, channelWord, type EngineConfig, type FromEngine, type StartProfile, type ThreadData, type ToEngine } from './channel.ts';
import { FragmentPump, type EnginePort, type FragmentIo } from './fragment-io.ts';
import type { FragmentSpec } from './fragment.ts';
import { engineLimits } from './limits.ts';
import type { FragmentStats } from './stats.ts';

type Answer = Extract<FromEngine, { kind: 'done' | 'rows' | 'failed' }>;

interface ActiveRun {
  readonly run: number;
  readonly pump: FragmentPump | null;
  readonly settle: (answer: Answer | AppError) => void;
}

export class EngineThread {
  readonly #clock: Clock;
  readonly #config: EngineConfig;
  readonly #libraryPath: string;
  readonly #words: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(channelBytes));
  readonly #port: MessagePort;
  readonly #threadPort: MessagePort;
  #thread: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #connection = 0;
  #profile: StartProfile | null = null;
  #runs = 0;
  #active: ActiveRun | null = null;
  #failed: AppError | null = null;

  constructor(config: EngineConfig, clock: Clock) {
    this.#clock = clock;
    this.#config = config;
    this.#libraryPath = findDuckDbLibrary();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#threadPort = port2;
  }

  /** Where the start's time went; known after `start`. */
  get startProfile(): StartProfile | null {
    return this.#profile;
  }

  /** Starts the thread; resolves when DuckDB is open and has answered a query. */
  async start(signal?: AbortSignal): Promise<void> {
    assert(this.#thread === null, 'an engine starts once');
    const workerData: ThreadData = { config: this.#config, shared: this.#words.buffer, port: this.#threadPort, libraryPath: this.#libraryPath, startedAtMs: this.#clock.wallMs() };
    const thread = new Worker(threadFile(), { workerData, transferList: [this.#threadPort], execArgv: threadArguments() });
    this.#thread = thread;
    this.#exited = new Promise((resolve) => thread.once('exit', () => resolve()));
    const ready = new Promise<FromEngine>((resolve, reject) => {
      this.#port.once('message', resolve);
      thread.once('error', (error) => reject(new AppError('internal', `the engine thread failed: ${errorMessage(error)}`, { cause: error })));
      thread.once('exit', () => reject(new AppError('internal', 'the engine thread ended while it started')));
    });
    try {
      const waiting = { clock: this.#clock, timeoutMs: engineLimits.startTimeoutMs, waitingFor: 'the engine thread to open DuckDB', signal };
      this.#begin(thread, await withDeadline(waiting, () => ready));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Runs a fragment to its end: resolves when all its frames were taken by their writers. Finishing or aborting
   * the writers, and closing the readers, is the caller's. Rejects with the error of a reader or writer as it
   * is, with the signal's reason, or with an AppError of DuckDB.
   */
  async run(fragment: FragmentSpec, io: FragmentIo, signal: AbortSignal): Promise<FragmentStats> {
    signal.throwIfAborted();
    const run = this.#nextRun();
    const ended = new AbortController();
    const pump = new FragmentPump(fragment, io, this.#enginePort(run, ended.signal));
    const answer = this.#ask(run, pump, { kind: 'run', run, fragment });
    const onAbort = (): void => void this.#interrupt(run, ended.signal);
    signal.addEventListener('abort', onAbort, { once: true });
    pump.start();
    try {
      const done = await answer;
      signal.throwIfAborted();
      if (done.kind === 'failed') throw pump.failure?.error ?? AppError.fromRecord(done.error);
      assert(done.kind === 'done', 'a fragment is answered with its statistics');
      await abortable(pump.flush(), signal);
      return done.stats;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      ended.abort();
      pump.stop();
    }
  }

  /** A small control query on the engine's DuckDB; its rows as text, so only scalar columns. */
  async query(sql: string): Promise<readonly (readonly (string | null)[])[]> {
    const run = this.#nextRun();
    const answer = await this.#ask(run, null, { kind: 'query', run, sql });
    if (answer.kind === 'failed') throw AppError.fromRecord(answer.error);
    assert(answer.kind === 'rows', 'a query is answered with rows');
    return answer.rows;
  }

  /** Ends the thread, whatever it does. A run that is going on rejects. Idempotent. */
  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#failed ??= cancelled('the engine');
    if (thread === null) {
      this.#port.close();
      this.#threadPort.close();
      return;
    }
    Atomics.store(this.#words, channelWord.stopping, 1);
    this.#wake();
    if (this.#active !== null) this.#interruptNative();
    const giveUp = new AbortController();
    const late = sleep(this.#clock, engineLimits.stopTimeoutMs, giveUp.signal).catch(() => undefined);
    await Promise.race([this.#exited, late]);
    giveUp.abort();
    await thread.terminate();
    process.off('exit', this.#onProcessExit);
    this.#settle(this.#failed);
    this.#port.close();
  }

  /** Node waits for a thread's native call before it exits, so the call has to be ended. */
  readonly #onProcessExit = (): void => {
    Atomics.store(this.#words, channelWord.stopping, 1);
    this.#wake();
    if (this.#active === null) return;
    for (let waited = 0; waited < engineLimits.exitTimeoutMs; waited += engineLimits.interruptEveryMs) {
      this.#interruptNative();
      if (Atomics.wait(this.#words, channelWord.stopping, 1, engineLimits.interruptEveryMs) !== 'timed-out') return;
    }
  };

  #begin(thread: Worker, first: FromEngine): void {
    if (first.kind === 'not-ready') throw AppError.fromRecord(first.error);
    assert(first.kind === 'ready', 'the engine thread reports first that it is ready');
    this.#connection = first.connection;
    this.#profile = first.profile;
    this.#port.on('message', (message: FromEngine) => this.#take(message));
    const lost = (detail: string): void => {
      this.#failed ??= new AppError('internal', `the engine thread ended: ${detail}`);
      this.#settle(this.#failed);
    };
    thread.once('error', (error) => lost(errorMessage(error)));
    thread.once('exit', (code) => lost(`exit code ${code}`));
    process.once('exit', this.#onProcessExit);
    // A worker that has nothing else to do may exit.
    thread.unref();
    this.#port.unref();
  }

  #take(message: FromEngine): void {
    const active = this.#active;
    if (active === null || !('run' in message) || message.run !== active.run) return;
    switch (message.kind) {
      case 'taken':
        return active.pump?.taken(message.edge, message.bytes);
      case 'frame':
        return active.pump?.send(message.edge, message.consumer, message.frame);
      case 'done':
      case 'rows':
      case 'failed':
        this.#settle(message);
    }
  }

  #nextRun(): number {
    if (this.#failed !== null) throw this.#failed;
    assert(this.#thread !== null, 'the engine has started');
    assert(this.#active === null, 'an engine runs one fragment or query at a time');
    this.#runs += 1;
    return this.#runs;
  }

  #ask(run: number, pump: FragmentPump | null, message: ToEngine): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#port.ref();
      const settle = (answer: Answer | AppError): void => (answer instanceof AppError ? reject(answer) : resolve(answer));
      this.#active = { run, pump, settle };
      Atomics.store(this.#words, channelWord.output, 0);
      this.#post(message);
    });
  }

  #settle(answer: Answer | AppError): void {
    const active = this.#active;
    this.#active = null;
    this.#port.unref();
    active?.settle(answer);
  }

  #enginePort(run: number, ended: AbortSignal): EnginePort {
    return {
      frame: (edge, frame) => this.#postFrame(edge, frame),
      end: (edge) => this.#post({ kind: 'end', edge }),
      cancel: () => void this.#interrupt(run, ended),
      written: (bytes) => {
        if (this.#active?.run !== run) return;
        Atomics.sub(this.#words, channelWord.output, bytes);
        this.#wake();
      },
    };
  }

  /** A frame that is a buffer of its own moves to the thread; one that shares a buffer is copied. */
  #postFrame(edge: number, frame: Frame): void {
    const owned = frame.byteLength === frame.buffer.byteLength ? frame : frame.slice();
    this.#post({ kind: 'frame', edge, frame: owned }, [owned.buffer]);
  }

  #post(message: ToEngine, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, channelWord.wake, 1);
    Atomics.notify(this.#words, channelWord.wake);
  }

  /** Ends a run: the flag is for callbacks and waits, the interrupt for DuckDB. */
  async #interrupt(run: number, done: AbortSignal): Promise<void> {
    Atomics.store(this.#words, channelWord.cancel, run);
    this.#wake();
    while (!done.aborted && this.#active?.run === run) {
      this.#interruptNative();
      await sleep(this.#clock, engineLimits.interruptEveryMs, done).catch(() => undefined);
    }
  }

  #interruptNative(): void {
    interruptFunction ??= loadInterrupt(this.#libraryPath);
    if (this.#connection !== 0) interruptFunction(this.#connection);
  }
}

let interruptFunction: ((connection: number) => void) | undefined;

const isSource = import.meta.url.endsWith('.ts');

const threadFile = (): URL => new URL(isSource ? './thread.ts' : './thread.js', import.meta.url);

const threadArguments = (): string[] => (isSource ? ['--conditions=source'] : []);
