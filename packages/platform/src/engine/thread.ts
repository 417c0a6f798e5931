/** The program of an engine's thread. */
import { systemClock } from '@pappus/core';
import { parentPort, workerData } from 'node:worker_threads';
import type { Printed, SandboxFactory } from '../sandbox/sandbox.ts';
import { BlockingChannel } from './blocking-channel.ts';
import { MAX_AWAKE_PER_THREAD, MAX_FUNCTION_BYTES_PER_THREAD, MAX_FUNCTIONS_PER_THREAD } from './limits.ts';
import { RunState } from './run-state.ts';
import { SharedFile } from './shared-file.ts';
import { TaskServer } from './task-server.ts';

export interface ThreadData {
  /** The thread's end of its data channel. */
  readonly fd: number;
  /** The file that it shares with the gateway, or null. */
  readonly sharedFd: number | null;
  readonly state: SharedArrayBuffer;
  /** A module that exports `createSandboxFactory`. */
  readonly sandboxes: string;
  readonly prepareTimeoutMs: number;
}

export interface SandboxModule {
  createSandboxFactory(printed: Printed): SandboxFactory | Promise<SandboxFactory>;
}

const { fd, sharedFd, state, sandboxes, prepareTimeoutMs } = workerData as ThreadData;
const { createSandboxFactory } = (await import(sandboxes)) as SandboxModule;
const runState = new RunState(state);
const server = new TaskServer({
  channel: new BlockingChannel(fd, sharedFd === null ? null : new SharedFile(sharedFd)),
  factory: await createSandboxFactory((stream, kept, dropped) => runState.printed(stream, kept, dropped)),
  state: runState,
  clock: systemClock,
  prepareTimeoutMs,
  cache: { functions: MAX_FUNCTIONS_PER_THREAD, awake: MAX_AWAKE_PER_THREAD, keptBytes: MAX_FUNCTION_BYTES_PER_THREAD },
  breathe: () => new Promise((resolve) => void setImmediate(resolve)),
});
await server.serve();
parentPort?.close();
