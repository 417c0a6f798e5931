/** The gateway's end of a thread's data channel: what was sent there and has no result yet, and what the thread holds. */
import type { Socket } from 'node:net';
import { AppError, type Clock } from '@pappus/core';
import { BodyReader } from './body-reader.ts';
import { FrameStream } from './frame-stream.ts';
import { FrameWriter } from './frame-writer.ts';
import type { ShelvedFunction } from './function-shelf.ts';
import type { Job, PrepareJob, SegmentJob } from './job.ts';
import { AHEAD_US, CANCEL_AFTER_MS, MAX_UNREAD_BYTES, OPEN_ESTIMATE_US, SECOND_TASK_US, STALL_MS, WAKE_ESTIMATE_US } from './limits.ts';
import { readDone, readFailed } from './outcome.ts';
import { readPrepared, writePrepare } from './preparation.ts';
import { brokenProtocol, frameType, PROTOCOL_VERSION, taskFlag } from './protocol.ts';
import { SentTasks } from './sent-tasks.ts';
import type { SegmentPlan } from './segment-plans.ts';
import type { SharedSlots } from './shared-slots.ts';
import { encodeTask, writeTask, type EncodedTask } from './task-frame.ts';
import { ThreadHoldings } from './thread-holdings.ts';

export interface LinkEvents {
  /** The thread has said its first words. */
  ready(link: ThreadLink): void;
  /** Results came: there is room for more tasks. */
  progressed(link: ThreadLink): void;
  /** A job comes back that the thread did not begin. */
  returned(job: Job): void;
  /** The thread does not keep to the protocol. */
  broken(link: ThreadLink, error: unknown): void;
  /** The thread closed its channel. */
  closed(link: ThreadLink): void;
}

/** What leads to a thread. */
export interface Wires {
  readonly socket: Socket;
  /** For many bytes; null where there is no memory to be shared. */
  readonly slots: SharedSlots | null;
}

/** What was outstanding on a thread that is gone. */
export interface Leftover {
  /** What it ran, by all that is known. */
  readonly running: Job | null;
  /** In the order in which they were sent. */
  readonly others: readonly Job[];
}

export class ThreadLink {
  readonly channel: number;
  readonly #socket: Socket;
  readonly #slots: SharedSlots | null;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  readonly #writer = new FrameWriter();
  readonly #sent = new SentTasks<Job>();
  readonly #holdings = new ThreadHoldings();
  #queuedUs = 0;
  #progressMs = 0;
  /** Until the next progress. */
  #recalledUpTo: number | null = null;
  /** The last task whose thread was asked to end. */
  #cancelled = 0;
  #ready = false;
  #gone = false;
  /** It has not kept to the protocol: nothing more is believed until the process is gone. */
  #broken = false;

  constructor(channel: number, { socket, slots }: Wires, clock: Clock, events: LinkEvents) {
    this.channel = channel;
    this.#socket = socket;
    this.#slots = slots;
    this.#clock = clock;
    this.#events = events;
    const frames = new FrameStream((type, flags, id, body) => this.#receive(type, flags, id, body));
    socket.on('data', (chunk: Buffer) => this.#read(frames, chunk));
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => this.#close());
  }

  get usable(): boolean {
    return this.#ready && !this.#gone;
  }

  get outstanding(): number {
    return this.#sent.size;
  }

  /**
   * What a task would wait for here, in µs, or null when it should not come here: short tasks run ahead of their results
   * in numbers, longer ones wait where any thread can take them. The longer a thread has said nothing, the less its
   * estimate is worth.
   */
  costOf(plan: SegmentPlan, nowMs: number): number | null {
    const { size } = this.#sent;
    const opening = this.#holdings.missing(plan).length === 0 ? 0 : OPEN_ESTIMATE_US;
    if (size === 0) return WAKE_ESTIMATE_US + opening;
    const room = this.#queuedUs <= AHEAD_US || (size < 2 && this.#queuedUs <= SECOND_TASK_US);
    if (!room || !this.#sent.hasRoom || this.stalled(nowMs) || this.#socket.writableLength > MAX_UNREAD_BYTES) return null;
    const silentUs = Math.max(0, nowMs - this.#progressMs) * 1e3;
    return this.#queuedUs + silentUs + opening;
  }

  /** It runs something, and has given no result for a while. */
  stalled(nowMs: number): boolean {
    return this.#sent.size > 0 && nowMs - this.#progressMs > STALL_MS;
  }

  /** Whether tasks wait behind one that takes long, and nobody has asked for them yet. */
  shouldRecall(nowMs: number): boolean {
    return this.#recalledUpTo === null && this.#sent.size > 1 && this.stalled(nowMs);
  }

  /** The task that it has been busy with for a while though nobody waits for it any more, once; else 0. */
  takeForsaken(nowMs: number): number {
    const id = this.#sent.oldestId;
    if (id === this.#cancelled || nowMs - this.#progressMs < CANCEL_AFTER_MS) return 0;
    if (this.#sent.get(id)?.isForsaken !== true) return 0;
    this.#cancelled = id;
    return id;
  }

  /** Whether the oldest task is one that nobody waits for. */
  get isForsaken(): boolean {
    const id = this.#sent.oldestId;
    return id !== this.#cancelled && this.#sent.get(id)?.isForsaken === true;
  }

  /** Whether it has a task beside which nothing else may run in its process. */
  get runsAlone(): boolean {
    return this.usable && this.#sent.get(this.#sent.oldestId)?.alone === true;
  }

  /** Functions of the plan that have to be sent first. */
  missing(plan: SegmentPlan): readonly ShelvedFunction[] {
    return this.#holdings.missing(plan);
  }

  /** Puts the task into the batch; what the thread misses of its functions has to be loaded. */
  sendTask(job: SegmentJob): void {
    const { plan } = job;
    let task: EncodedTask;
    try {
      task = encodeTask(job.task);
    } catch (error) {
      job.reject(error);
      return;
    }
    const place = this.#holdings.complete(plan, this.#writer);
    job.estimateUs = plan.estimateUs;
    job.onThread = true;
    writeTask(this.#writer, task, { id: this.#accept(job), place, outputBytes: plan.outputBytes }, this.#slots);
  }

  sendPrepare(job: PrepareJob): void {
    this.#writer.begin(frameType.prepare, 0, this.#accept(job));
    writePrepare(this.#writer, job.code, job.spec);
    this.#writer.end();
  }

  /** Writes the batch: one call into the kernel, if it takes it. */
  flush(): void {
    if (this.#writer.pendingBytes === 0 || this.#gone) return;
    const parts = this.#writer.take();
    if (parts.length > 1) this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    if (parts.length > 1) this.#socket.uncork();
  }

  /** Up to which task nothing more is to begin. */
  recall(): number {
    this.#recalledUpTo = this.#sent.lastId;
    return this.#recalledUpTo;
  }

  /**
   * The thread is busy with `running`; the other jobs that were recalled go elsewhere. Those before it have ended, but
   * their results wait behind it.
   */
  takeBack(running: number): readonly Job[] {
    const upTo = this.#recalledUpTo;
    if (upTo === null || this.#sent.get(running) === null) return NONE;
    const others: Job[] = [];
    for (const [id, job] of this.#sent.entries()) {
      if (id !== running) {
        this.#sent.takeBack(id);
        this.#unload(job);
        others.push(job);
      }
      if (id === upTo) break;
    }
    return others;
  }

  /** The thread is gone. `running` is null when nobody knows: then it was the oldest. */
  abandon(running: number | null): Leftover {
    this.#leave();
    const entries = this.#sent.entries();
    for (const [id] of entries) this.#sent.takeBack(id);
    const known = running ?? entries[0]?.[0] ?? 0;
    const others = entries.filter(([id]) => id !== known).map(([, job]) => job);
    const lost = entries.find(([id]) => id === known)?.[1] ?? null;
    if (lost !== null) lost.spentUs += Math.max(0, this.#clock.nowMs() - this.#progressMs) * 1e3;
    return { running: lost, others };
  }

  /** Lets the thread end, as it has nothing to do any more. */
  end(): void {
    this.#leave();
  }

  #leave(): void {
    this.#gone = true;
    this.#socket.destroy();
    this.#slots?.close();
  }

  #accept(job: Job): number {
    if (this.#sent.size === 0) this.#progressMs = this.#clock.nowMs();
    this.#queuedUs += job.estimateUs;
    return this.#sent.add(job);
  }

  #read(frames: FrameStream, chunk: Buffer): void {
    if (this.#gone || this.#broken) return;
    try {
      frames.push(chunk);
    } catch (error) {
      this.#broken = true;
      this.#events.broken(this, error);
      return;
    }
    if (!this.#ready || this.#gone) return;
    this.#progressMs = this.#clock.nowMs();
    this.#recalledUpTo = null;
    this.#events.progressed(this);
  }

  #close(): void {
    if (!this.#gone) this.#events.closed(this);
  }

  /** A job is taken off only when its answer is whole: after a broken one it is tried elsewhere. */
  #receive(type: number, flags: number, id: number, body: Buffer): void {
    const reader = new BodyReader(body);
    switch (type) {
      case frameType.done:
      case frameType.failed:
        return this.#result(type, flags, id, reader);
      case frameType.prepared:
        return this.#prepared(id, reader);
      case frameType.skipped:
      case frameType.missing: {
        if (type === frameType.missing) this.#holdings.forget(reader);
        const job = this.#nextJob(id);
        this.#answered(id, job);
        if (job !== null) this.#events.returned(job);
        return;
      }
      case frameType.evicted:
        return this.#holdings.forget(reader);
      case frameType.broken: {
        const message = reader.text();
        const job = this.#nextJob(id);
        this.#answered(id, job);
        return job?.reject(new AppError('internal', `an engine could not run a function: ${message}`));
      }
      case frameType.ready:
        return this.#greet(id);
      default:
        throw brokenProtocol(`a frame of type ${type} from a thread`);
    }
  }

  #result(type: number, flags: number, id: number, reader: BodyReader): void {
    const job = this.#nextJob(id);
    if (job === null) return this.#answered(id, job);
    if (job.kind !== 'segment') throw brokenProtocol('the result of a segment for a module to prepare');
    let outputBytes = reader.leftBytes;
    const slots = this.#slots;
    const shared = slots === null || (flags & taskFlag.shared) === 0 ? null : (bytes: number): Buffer => slots.read(id, (outputBytes = bytes));
    const result = type === frameType.done ? readDone(reader, shared) : readFailed(reader);
    const { steps } = job.task.segment;
    const fits = result.kind === 'done' ? result.outputs.length === steps.length : result.step < steps.length;
    if (!fits) throw brokenProtocol('a result with other steps than its segment');
    this.#answered(id, job);
    job.plan.learn(result.busyUs, outputBytes);
    job.resolve(result);
  }

  #prepared(id: number, reader: BodyReader): void {
    const job = this.#nextJob(id);
    if (job === null) return this.#answered(id, job);
    if (job.kind !== 'prepare') throw brokenProtocol('a prepared module for the task of a segment');
    const preparation = readPrepared(reader);
    this.#answered(id, job);
    job.resolve(preparation);
  }

  /** Whose answer it is; null when it was taken back. */
  #nextJob(id: number): Job | null {
    if (!this.#sent.isNext(id)) throw brokenProtocol(`an answer to task ${id} out of turn`);
    return this.#sent.get(id);
  }

  #answered(id: number, job: Job | null): void {
    this.#sent.answered(id);
    this.#slots?.release(id);
    if (job !== null) this.#unload(job);
  }

  #unload(job: Job): void {
    this.#queuedUs = this.#sent.size === 0 ? 0 : this.#queuedUs - job.estimateUs;
  }

  #greet(version: number): void {
    if (this.#ready || version !== PROTOCOL_VERSION) throw brokenProtocol(`a greeting of version ${version}`);
    this.#ready = true;
    this.#events.ready(this);
  }
}

const NONE: readonly never[] = [];
