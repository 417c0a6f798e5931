/**
 * One engine process, as the gateway has it: its start, its threads, and its end. It dies with the gateway, because the
 * kernel closes the control channel then; and by SIGKILL when it does not answer or does not keep to the protocol.
 *
 * Why not an instance of `providers`: platform and providers do not know each other, and an instance is born with one
 * message channel to its main thread, where an engine needs a socket pair for each thread.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { errorMessage, type Clock, type Logger, type Timer } from '@pappus/core';
import { BodyReader } from './body-reader.ts';
import type { StepLog } from './compute-engine.ts';
import { CONTROL_FD, FIRST_CHANNEL_FD, type EngineArguments } from './engine-arguments.ts';
import { FrameStream } from './frame-stream.ts';
import { FrameWriter } from './frame-writer.ts';
import { CHANNELS_PER_PROCESS, EXIT_GRACE_MS, MAX_CONTROL_FRAME_BYTES, PING_INTERVAL_MS, PING_TIMEOUT_MS, START_TIMEOUT_MS, STDERR_TAIL_BYTES } from './limits.ts';
import { readLogs } from './outcome.ts';
import { brokenProtocol, END_CAUSES, frameType, PROTOCOL_VERSION, type EndCause, type FrameType } from './protocol.ts';
import { SharedFile } from './shared-file.ts';
import { SharedSlots } from './shared-slots.ts';
import { ThreadLink, type LinkEvents } from './thread-link.ts';

export interface ThreadEnd {
  readonly cause: EndCause;
  /** The task that it ran, or 0. */
  readonly running: number;
  readonly step: number;
  /** For how long the run had gone on; 0 where nobody knows. */
  readonly ranUs: number;
  readonly message: string;
  /** What the task had printed. */
  readonly logs: readonly StepLog[];
}

export interface ProcessEvents extends Pick<LinkEvents, 'ready' | 'progressed' | 'returned'> {
  threadEnded(process: EngineProcess, link: ThreadLink, end: ThreadEnd): void;
  /** The process is dead; its links are still to be abandoned. */
  died(process: EngineProcess, why: string): void;
  /** What a recalled thread runs; 0 for nothing. */
  running(link: ThreadLink, task: number): void;
}

export interface EngineProcessOptions {
  readonly arguments: Omit<EngineArguments, 'shares'>;
  readonly folder: string;
  readonly threads: number;
  /** Of these, how many come up only when the others are there, so that they don't slow them down. */
  readonly spares: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: ProcessEvents;
}

export class EngineProcess {
  readonly links: Map<number, ThreadLink> = new Map();
  readonly exited: Promise<void>;
  /** It takes no more tasks, and ends when it has no more. */
  draining = false;
  readonly #options: EngineProcessOptions;
  /** One for each channel, or none at all. */
  readonly #shared: readonly SharedFile[];
  readonly #child: ChildProcess;
  readonly #writer = new FrameWriter();
  #usedChannels = 0;
  #greeted = false;
  #ready = false;
  #dead = false;
  #ending = false;
  #why: string | null = null;
  #stderr = '';
  #pingedMs: number | null = null;
  readonly #startTimer: Timer;
  #pingTimer: Timer | null = null;

  constructor(options: EngineProcessOptions) {
    const { clock } = options;
    this.#options = options;
    this.#shared = sharedFiles();
    this.#child = launch(options, this.#shared);
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        // Once more around the loop: what it said before it died is still in the sockets.
        setImmediate(() => {
          this.#die(this.#why ?? `it ended with ${signal ?? `code ${code}`}`);
          resolve();
        });
      });
      this.#child.once('error', (error) => {
        this.#die(`it could not be started: ${errorMessage(error)}`);
        if (this.#child.pid === undefined) resolve();
      });
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-STDERR_TAIL_BYTES);
    });
    this.#startTimer = clock.schedule(START_TIMEOUT_MS, () => this.kill(`it was not ready after ${START_TIMEOUT_MS} ms`), { background: true });
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Once all its first threads have said their first words. */
  get ready(): boolean {
    return this.#ready && !this.#dead;
  }

  get dead(): boolean {
    return this.#dead;
  }

  get unusedChannels(): number {
    return CHANNELS_PER_PROCESS - this.#usedChannels;
  }

  usableThreads(): number {
    let usable = 0;
    for (const link of this.links.values()) if (link.usable) usable += 1;
    return usable;
  }

  /** On the next unused channel; none is left when it gives false. */
  startThread(): boolean {
    if (this.#dead || this.unusedChannels === 0) return false;
    const channel = this.#usedChannels;
    this.#usedChannels += 1;
    const { clock, events } = this.#options;
    const shared = this.#shared[channel];
    const wires = { socket: this.#socket(FIRST_CHANNEL_FD + channel), slots: shared === undefined ? null : new SharedSlots(shared) };
    const link = new ThreadLink(channel, wires, clock, {
      ready: (ready) => this.#threadReady(ready),
      progressed: (progressed) => events.progressed(progressed),
      returned: (job) => events.returned(job),
      broken: (_broken, error) => this.kill(errorMessage(error)),
      closed: () => {}, // ENDED follows, or the end of the process
    });
    this.links.set(channel, link);
    this.#say(frameType.start, channel, () => {});
    return true;
  }

  /** Asks the engine what the thread runs, and lets it begin nothing more of what was sent. */
  recall(link: ThreadLink): void {
    const upTo = link.recall();
    this.#say(frameType.recall, link.channel, () => this.#writer.u32(upTo));
  }

  /** Ends the thread, if it still runs the task. */
  cancel(link: ThreadLink, task: number): void {
    this.#say(frameType.cancel, link.channel, () => this.#writer.u32(task));
  }

  /** The end that nobody needs to hear of: it has nothing to do. */
  async end(): Promise<void> {
    if (this.#dead) return this.exited;
    this.#ending = true;
    this.#socket(CONTROL_FD).destroy();
    const kill = this.#options.clock.schedule(EXIT_GRACE_MS, () => this.#child.kill('SIGKILL'), { background: true });
    await this.exited;
    kill.cancel();
  }

  kill(why: string): void {
    if (this.#dead) return;
    this.#why ??= why;
    this.#child.kill('SIGKILL');
  }

  #socket(fd: number): Socket {
    return this.#child.stdio[fd] as Socket;
  }

  #listen(): void {
    if (this.#child.pid === undefined) return;
    const control = this.#socket(CONTROL_FD);
    const frames = new FrameStream((type, _flags, id, body) => this.#receive(type, id, body), MAX_CONTROL_FRAME_BYTES);
    control.on('error', () => {}); // `close` follows
    control.on('data', (chunk: Buffer) => {
      try {
        if (!this.#dead && this.#why === null) frames.push(chunk);
      } catch (error) {
        this.kill(errorMessage(error));
      }
    });
    control.on('close', () => this.kill('it closed its control channel'));
  }

  #receive(type: number, id: number, body: Buffer): void {
    const reader = new BodyReader(body);
    switch (type) {
      case frameType.hello:
        return this.#greet(id);
      case frameType.pong:
        this.#pingedMs = null;
        return;
      case frameType.running: {
        const link = this.links.get(id);
        if (link !== undefined) this.#options.events.running(link, reader.u32());
        return;
      }
      case frameType.ended: {
        const link = this.links.get(id);
        const cause = END_CAUSES[reader.u8()];
        if (link === undefined || cause === undefined) throw brokenProtocol('the end of an unknown thread, or for an unknown cause');
        const end = { cause, running: reader.u32(), step: reader.u16(), ranUs: reader.u32(), message: reader.text(), logs: readLogs(reader) };
        this.links.delete(id);
        return this.#options.events.threadEnded(this, link, end);
      }
      default:
        throw brokenProtocol(`a control frame of type ${type}`);
    }
  }

  #greet(version: number): void {
    if (this.#greeted || version !== PROTOCOL_VERSION) throw brokenProtocol(`a greeting of version ${version}`);
    this.#greeted = true;
    this.#ping();
    const { threads, spares } = this.#options;
    for (let thread = 0; thread < threads - spares; thread++) this.startThread();
  }

  #threadReady(link: ThreadLink): void {
    const { threads, spares } = this.#options;
    const usable = this.usableThreads();
    if (usable === threads - spares) for (let thread = this.links.size; thread < threads; thread++) this.startThread();
    if (usable >= threads) {
      this.#ready = true;
      this.#startTimer.cancel();
    }
    this.#options.events.ready(link);
  }

  /** A process that is stopped or starved is as good as dead; but not for the time in which we slept ourselves. */
  #ping(): void {
    const { clock } = this.#options;
    const plannedMs = clock.nowMs() + PING_INTERVAL_MS;
    this.#pingTimer = clock.schedule(PING_INTERVAL_MS, () => {
      if (this.#dead) return;
      const nowMs = clock.nowMs();
      if (nowMs - plannedMs > PING_INTERVAL_MS) this.#pingedMs = null;
      if (this.#pingedMs !== null && nowMs - this.#pingedMs >= PING_TIMEOUT_MS) return this.kill(`it did not answer for ${PING_TIMEOUT_MS} ms`);
      this.#pingedMs ??= nowMs;
      this.#say(frameType.ping, 0, () => {});
      this.#ping();
    }, { background: true });
  }

  #say(type: FrameType, id: number, writeBody: () => void): void {
    this.#writer.begin(type, 0, id);
    writeBody();
    this.#writer.end();
    const control = this.#socket(CONTROL_FD);
    for (const part of this.#writer.take()) if (!control.destroyed) control.write(part);
  }

  #die(why: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#startTimer.cancel();
    this.#pingTimer?.cancel();
    for (const stream of this.#child.stdio ?? []) stream?.destroy();
    for (const file of this.#shared) file.close();
    const { logger, events } = this.#options;
    if (!this.#ending) logger.log('warn', 'an engine process died', { pid: this.pid ?? 0, why, stderr: this.#stderr.slice(-1_024) });
    events.died(this, why);
  }
}

/** Guest code is never here, but what runs it shares the process: nothing is inherited, and nothing of the machine may be touched. */
function launch({ arguments: given, folder }: EngineProcessOptions, shared: readonly SharedFile[]): ChildProcess {
  const engineArguments: EngineArguments = { ...given, shares: shared.length > 0 };
  const source = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(source ? './engine-main.ts' : './engine-main.js', import.meta.url));
  const nodeArgs = [...(source ? ['--conditions=source'] : []), '--permission', '--allow-worker', '--allow-fs-read=*', '--no-warnings'];
  const channels = Array.from({ length: CHANNELS_PER_PROCESS + 1 }, () => 'pipe' as const);
  // A group of its own: Ctrl-C in a terminal is for the gateway, which lets running work end.
  return spawn(process.execPath, [...nodeArgs, entry, JSON.stringify(engineArguments)], {
    cwd: folder,
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', ...channels, ...shared.map(({ fd }) => fd)],
  });
}

/** All or none, so that an engine knows where they are. */
function sharedFiles(): readonly SharedFile[] {
  const files: SharedFile[] = [];
  while (files.length < CHANNELS_PER_PROCESS) {
    const file = SharedFile.open();
    if (file === null) {
      for (const each of files) each.close();
      return [];
    }
    files.push(file);
  }
  return files;
}
