/**
 * Between a worker's main thread (network) and its engine thread (DuckDB).
 *
 *   main → engine   run, query, frame, end                    as messages
 *   engine → main   ready, taken, frame, done, rows, failed   as messages
 *
 * The engine thread never returns to its event loop while a fragment runs: it takes messages synchronously and
 * sleeps on shared memory when there is none. Frames cross as transferred buffers. Shared memory is four words:
 *
 *   [0] wake      counts the reasons to look again; the engine sleeps on it
 *   [1] cancel    number of the run that shall end
 *   [2] output    bytes produced and not yet taken by the transport; main subtracts
 *   [3] stopping  1 when the thread shall end, 2 when it left its last run
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { ErrorRecord } from '@pappus/core';
import type { Frame } from '../exchange/transport.ts';
import type { FragmentSpec } from './fragment.ts';
import type { FragmentStats } from './stats.ts';

export const channelWord = { wake: 0, cancel: 1, output: 2, stopping: 3 } as const;
export const channelBytes = 16;

export interface EngineConfig {
  readonly memoryLimitBytes: number;
  /** Where DuckDB spills; the owner of the folder removes it. */
  readonly tempDirectory: string;
}

export interface ThreadData {
  readonly config: EngineConfig;
  readonly shared: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly libraryPath: string;
  /** `wallMs` when the thread was asked for. */
  readonly startedAtMs: number;
}

export type ToEngine =
  | { readonly kind: 'run'; readonly run: number; readonly fragment: FragmentSpec }
  | { readonly kind: 'query'; readonly run: number; readonly sql: string }
  | { readonly kind: 'frame'; readonly edge: number; readonly frame: Frame }
  | { readonly kind: 'end'; readonly edge: number };

/** Where the time of a start went, in milliseconds. */
export interface StartProfile {
  /** The thread, node's start on it and our modules. */
  readonly thread: number;
  readonly library: number;
  readonly database: number;
  readonly firstQuery: number;
}

export type FromEngine =
  | { readonly kind: 'ready'; readonly connection: number; readonly profile: StartProfile }
  | { readonly kind: 'not-ready'; readonly error: ErrorRecord }
  | { readonly kind: 'taken'; readonly run: number; readonly edge: number; readonly bytes: number }
  | { readonly kind: 'frame'; readonly run: number; readonly edge: number; readonly consumer: number | null; readonly frame: Frame }
  | { readonly kind: 'done'; readonly run: number; readonly stats: FragmentStats }
  | { readonly kind: 'rows'; readonly run: number; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly kind: 'failed'; readonly run: number; readonly error: ErrorRecord };

/** The engine thread's end: takes messages without an event loop. */
export class EngineInbox {
  readonly #port: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(port: MessagePort, shared: SharedArrayBuffer) {
    this.#port = port;
    this.#words = new Int32Array(shared);
  }

  poll(): ToEngine | null {
    const received = receiveMessageOnPort(this.#port) as { readonly message: ToEngine } | undefined;
    return received?.message ?? null;
  }

  /** Sleeps until `ready` gives something; looks again at every wake-up. */
  waitFor<T>(ready: () => T | null): T {
    for (;;) {
      const seen = Atomics.load(this.#words, channelWord.wake);
      const result = ready();
      if (result !== null) return result;
      Atomics.wait(this.#words, channelWord.wake, seen);
    }
  }

  isCancelled(run: number): boolean {
    return Atomics.load(this.#words, channelWord.cancel) === run || this.isStopping;
  }

  get isStopping(): boolean {
    return Atomics.load(this.#words, channelWord.stopping) !== 0;
  }

  /** Tells a process that is about to exit that no native call is going on. */
  setStopped(): void {
    Atomics.store(this.#words, channelWord.stopping, 2);
    Atomics.notify(this.#words, channelWord.stopping);
  }

  get outputBytes(): number {
    return Atomics.load(this.#words, channelWord.output);
  }

  addOutputBytes(bytes: number): void {
    Atomics.add(this.#words, channelWord.output, bytes);
  }

  post(message: FromEngine, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }
}
