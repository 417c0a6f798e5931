/**
 * The main thread of an engine process. It runs no guest code and never waits, so that it can end a thread whose run is
 * over its time, and the whole process as soon as the gateway is gone.
 */
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { errorMessage, systemCode, type Clock } from '@pappus/core';
import { Worker } from 'node:worker_threads';
import { BodyReader } from './body-reader.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { FrameStream } from './frame-stream.ts';
import { FrameWriter } from './frame-writer.ts';
import { MAX_CONTROL_FRAME_BYTES, MEMORY_INTERVAL_MS, MIN_TERMINATE_LOOKS, TERMINATE_GRACE_MS, WATCH_INTERVAL_MS } from './limits.ts';
import { whole, writeLogs } from './outcome.ts';
import { brokenProtocol, END_CAUSES, frameType, PROTOCOL_VERSION, type EndCause, type FrameType } from './protocol.ts';
import { RunState, type RunningNow } from './run-state.ts';
import type { ThreadData } from './thread.ts';

export interface HostOptions {
  readonly control: Socket;
  readonly clock: Clock;
  readonly threadFile: URL;
  /** File descriptor of the first data channel. */
  readonly firstChannelFd: number;
  /** Of the first shared file. */
  readonly firstSharedFd: number;
  readonly arguments: EngineArguments;
  readonly residentBytes: () => number;
  readonly exit: (why: string) => void;
}

interface HostedThread {
  readonly worker: Worker;
  readonly state: RunState;
  /** The run that the last look saw. */
  seen: RunningNow;
  /** Since when it was seen, or since when the thread ends. */
  sinceMs: number;
  /** The gateway knows that it ends. */
  ended: boolean;
  /** Since it was told to end. */
  looks: number;
  cause: EndCause;
  problem: string;
}

export class EngineHost {
  readonly #options: HostOptions;
  readonly #threads = new Map<number, HostedThread>();
  readonly #writer = new FrameWriter();
  #memoryMs = 0;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  start(): void {
    const { control, exit } = this.#options;
    const frames = new FrameStream((type, _flags, id, body) => this.#obey(type, id, body), MAX_CONTROL_FRAME_BYTES);
    control.on('data', (chunk: Buffer) => frames.push(chunk));
    control.on('error', () => {});
    control.on('close', () => exit('the gateway is gone'));
    this.#say(frameType.hello, PROTOCOL_VERSION, () => {});
    this.#watch();
  }

  #obey(type: number, id: number, body: Buffer): void {
    const reader = new BodyReader(body);
    switch (type) {
      case frameType.start:
        return this.#startThread(id);
      case frameType.recall: {
        const running = this.#threads.get(id)?.state.recall(reader.u32()) ?? 0;
        return this.#say(frameType.running, id, () => this.#writer.u32(running));
      }
      case frameType.cancel:
        return this.#cancel(id, reader.u32());
      case frameType.ping:
        return this.#say(frameType.pong, id, () => {});
      default:
        throw brokenProtocol(`a frame of type ${type} for an engine`);
    }
  }

  #startThread(channel: number): void {
    const { clock, threadFile, firstChannelFd, firstSharedFd } = this.#options;
    const { sandboxes, threadHeapMiB, prepareTimeoutMs, shares } = this.#options.arguments;
    const state = new RunState();
    const fd = firstChannelFd + channel;
    const data: ThreadData = { fd, sharedFd: shares ? firstSharedFd + channel : null, state: state.memory, sandboxes, prepareTimeoutMs };
    const worker = new Worker(threadFile, {
      workerData: data,
      name: `pappus-engine-${channel}`,
      env: {},
      // Deep guests overflow their own stack before V8's.
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMiB, stackSizeMb: 8 },
    });
    const thread: HostedThread = { worker, state, seen: state.now(), sinceMs: clock.nowMs(), ended: false, looks: 0, cause: 'failed', problem: '' };
    this.#threads.set(channel, thread);
    worker.on('error', (error: unknown) => {
      thread.problem = errorMessage(error);
      if (systemCode(error) === 'ERR_WORKER_OUT_OF_MEMORY') thread.cause = 'memory';
    });
    worker.on('exit', () => this.#exited(channel, thread));
  }

  #exited(channel: number, thread: HostedThread): void {
    this.#threads.delete(channel);
    if (!thread.ended) this.#reportEnd(channel, thread, thread.problem === '' ? 'closed' : thread.cause, thread.state.now());
    closeSync(this.#options.firstChannelFd + channel);
    if (this.#options.arguments.shares) closeSync(this.#options.firstSharedFd + channel);
  }

  #reportEnd(channel: number, thread: HostedThread, cause: EndCause, running: RunningNow): void {
    const nowMs = this.#options.clock.nowMs();
    const ranUs = running.limitMs > 0 && running.runs === thread.seen.runs ? whole((nowMs - thread.sinceMs) * 1e3) : 0;
    thread.ended = true;
    thread.sinceMs = nowMs;
    this.#say(frameType.ended, channel, () => {
      this.#writer.u8(END_CAUSES.indexOf(cause));
      this.#writer.u32(running.task);
      this.#writer.u16(running.step);
      this.#writer.u32(ranUs);
      this.#writer.text(thread.problem);
      writeLogs(this.#writer, running.task === 0 ? [] : thread.state.lastWords(running.task));
    });
  }

  #watch(): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    for (const [channel, thread] of this.#threads) this.#look(channel, thread, nowMs);
    if (nowMs - this.#memoryMs >= MEMORY_INTERVAL_MS) {
      this.#memoryMs = nowMs;
      this.#weigh();
    }
    clock.schedule(WATCH_INTERVAL_MS, () => this.#watch());
  }

  #look(channel: number, thread: HostedThread, nowMs: number): void {
    if (thread.ended) {
      // Looks count too: where this thread had no processor, that one had none either.
      thread.looks += 1;
      if (thread.looks >= MIN_TERMINATE_LOOKS && nowMs - thread.sinceMs >= TERMINATE_GRACE_MS) this.#options.exit(`a thread could not be ended in ${TERMINATE_GRACE_MS} ms: ${thread.problem}`);
      return;
    }
    const now = thread.state.now();
    if (now.limitMs === 0 || now.runs !== thread.seen.runs) {
      thread.seen = now;
      thread.sinceMs = nowMs;
    } else if (nowMs - thread.sinceMs >= now.limitMs) {
      thread.problem = `it was over its time of ${now.limitMs} ms`;
      this.#reportEnd(channel, thread, 'time', now);
      void thread.worker.terminate();
    }
  }

  /** Nobody waits for the task any more; whatever else the thread runs by now goes on. */
  #cancel(channel: number, task: number): void {
    const thread = this.#threads.get(channel);
    const now = thread?.state.now();
    if (thread === undefined || thread.ended || now?.task !== task) return;
    thread.problem = 'nobody waited for its result any more';
    this.#reportEnd(channel, thread, 'cancelled', now);
    void thread.worker.terminate();
  }

  #weigh(): void {
    const { residentBytes, exit } = this.#options;
    const { memoryBytes } = this.#options.arguments;
    const bytes = residentBytes();
    if (bytes > memoryBytes) exit(`it used ${bytes} bytes of memory, of ${memoryBytes}`);
  }

  #say(type: FrameType, id: number, writeBody: () => void): void {
    this.#writer.begin(type, 0, id);
    writeBody();
    this.#writer.end();
    for (const part of this.#writer.take()) this.#options.control.write(part);
  }
}
