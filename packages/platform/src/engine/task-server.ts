/** A thread at work: frames in, results out, one task after the other. */
import { errorMessage, type Clock } from '@pappus/core';
import type { SandboxFactory } from '../sandbox/sandbox.ts';
import type { ItemSet } from '../sets/item.ts';
import { decodeSets } from '../sets/set-frame.ts';
import { BodyReader } from './body-reader.ts';
import type { ReceivedFrame } from './blocking-channel.ts';
import { FrameWriter } from './frame-writer.ts';
import { FunctionCache, type FunctionCacheLimits } from './function-cache.ts';
import { BATCH_BYTES, OPEN_TIMEOUT_MS, RESULT_DELAY_MS, RESULTS_PER_WRITE, SHARE_FROM_BYTES, TASKS_PER_BREATH, WEIGHED_FROM_BYTES } from './limits.ts';
import { encodeResult, writeResult } from './outcome.ts';
import { readFunction, readPrepare, writePrepared } from './preparation.ts';
import { brokenProtocol, frameType, PROTOCOL_VERSION, taskFlag, type FrameType } from './protocol.ts';
import type { RunState } from './run-state.ts';
import { readSegment, type SegmentProgram } from './segment-program.ts';
import { SegmentRunner, type OpenFunction } from './segment-runner.ts';
import { storedSets, type SharedBytes } from './stored-sets.ts';

/** What the server needs of its channel. */
export interface TaskChannel extends SharedBytes {
  readonly ready: boolean;
  read(): ReceivedFrame | null;
  writeAll(parts: readonly Uint8Array[]): void;
  writeShared(at: number, parts: readonly Uint8Array[]): boolean;
}

/** What a run gets, and where its outputs may lie. */
interface Received {
  readonly inputs: readonly ItemSet[];
  readonly stdio: ItemSet | null;
  readonly traced: boolean;
  readonly inputBytes: number;
  /** Without bytes where the task has none. */
  readonly slot: { readonly at: number; readonly bytes: number };
}

export interface TaskServerOptions {
  readonly channel: TaskChannel;
  readonly factory: SandboxFactory;
  readonly state: RunState;
  readonly clock: Clock;
  readonly prepareTimeoutMs: number;
  readonly cache: FunctionCacheLimits;
  /** Lets the event loop turn once: garbage collection and compilation leave work there. */
  readonly breathe: () => Promise<void>;
}

interface KnownSegment {
  readonly program: SegmentProgram;
  /** Each function once. */
  readonly functions: readonly number[];
  /** What a task took lately, in µs; long ones do not hold up results that are ready. */
  recentUs: number;
}

export class TaskServer {
  readonly #options: TaskServerOptions;
  readonly #cache: FunctionCache;
  readonly #runner: SegmentRunner;
  readonly #writer = new FrameWriter();
  readonly #segments = new Map<number, KnownSegment>();
  #waitingResults = 0;
  #oldestResultMs = 0;

  constructor(options: TaskServerOptions) {
    const { factory, cache, clock, state } = options;
    this.#options = options;
    this.#cache = new FunctionCache(factory, cache);
    this.#runner = new SegmentRunner(clock, (step, limitMs) => state.beginRun(step, limitMs));
  }

  /** Until the channel ends. */
  async serve(): Promise<void> {
    const { channel, breathe } = this.#options;
    this.#writer.begin(frameType.ready, 0, PROTOCOL_VERSION);
    this.#writer.end();
    for (let frames = 1; ; frames++) {
      if (!channel.ready) this.#flush();
      const frame = channel.read();
      if (frame === null) return;
      const pending = this.#take(frame);
      if (pending !== null) await pending;
      if (frames % TASKS_PER_BREATH === 0) await breathe();
    }
  }

  /** A promise only where something has to be waited for. */
  #take(frame: ReceivedFrame): Promise<void> | null {
    switch (frame.type) {
      case frameType.task:
        return this.#task(frame);
      case frameType.function: {
        const { spec, module } = readFunction(new BodyReader(frame.body));
        this.#cache.receive(frame.id, spec, module);
        return null;
      }
      case frameType.segment: {
        const program = readSegment(new BodyReader(frame.body));
        const functions = [...new Set(program.steps.map((step) => step.function))];
        this.#segments.set(frame.id, { program, functions, recentUs: Number.POSITIVE_INFINITY });
        return null;
      }
      case frameType.prepare:
        return this.#prepare(frame);
      default:
        throw brokenProtocol(`a frame of type ${frame.type} for a thread`);
    }
  }

  #task(frame: ReceivedFrame): Promise<void> | null {
    const { id, flags } = frame;
    const reader = new BodyReader(frame.body);
    const segment = this.#segments.get(reader.u32());
    if (segment === undefined) throw brokenProtocol('a task of an unknown segment');
    this.#flushBefore(segment);
    if (!this.#begin(id)) return null;
    if (!segment.functions.every((each) => this.#cache.has(each))) {
      this.#missing(id, segment);
      return null;
    }
    const task = this.#received(reader, flags);
    const functions = this.#opened(segment);
    const run = (open: readonly OpenFunction[]): void => this.#run(id, segment, task, open);
    if (functions === null) return this.#openAll(segment).then(run, (error: unknown) => this.#broken(id, segment, error));
    run(functions);
    return null;
  }

  #received(reader: BodyReader, flags: number): Received {
    const slot = { at: reader.u32(), bytes: reader.u32() };
    const [inputBytes, stdioBytes] = [reader.u32(), reader.u32()];
    const shared = (flags & taskFlag.shared) !== 0;
    const { channel } = this.#options;
    if (shared && stdioBytes === 0) return { inputs: storedSets(channel, slot.at, inputBytes), stdio: null, traced: (flags & taskFlag.traced) !== 0, inputBytes, slot };
    const sets = shared ? channel.readShared(slot.at, inputBytes + stdioBytes) : reader.bytes(inputBytes + stdioBytes);
    const stdio = stdioBytes === 0 ? null : (decodeSets(sets.subarray(inputBytes))[0] ?? null);
    return { inputs: decodeSets(stdioBytes === 0 ? sets : sets.subarray(0, inputBytes)), stdio, traced: (flags & taskFlag.traced) !== 0, inputBytes, slot };
  }

  #begin(id: number): boolean {
    if (this.#options.state.beginTask(id)) return true;
    this.#options.state.endTask();
    this.#answer(frameType.skipped, id, () => {});
    return false;
  }

  /** With a slot, outputs go there from where the guests have put them; what they had to themselves is made new after the answer. */
  #run(id: number, segment: KnownSegment, { inputs, stdio, traced, inputBytes, slot }: Received, functions: readonly OpenFunction[]): void {
    const work = { program: segment.program, functions, inputs, stdio, traced, lends: slot.bytes > 0 };
    try {
      const encoded = encodeResult(this.#runner.run(work));
      const { result, sets, bytes } = encoded;
      const shared = bytes >= SHARE_FROM_BYTES && bytes <= slot.bytes && this.#options.channel.writeShared(slot.at, sets);
      segment.recentUs = result.busyUs;
      this.#options.state.endTask();
      this.#answer(result.kind === 'done' ? frameType.done : frameType.failed, id, () => writeResult(this.#writer, encoded, shared), shared ? taskFlag.shared : 0);
      if (work.lends) this.#flush();
    } catch (error) {
      this.#broken(id, segment, error);
    } finally {
      this.#runner.settle(work);
      if (inputBytes >= WEIGHED_FROM_BYTES) this.#weigh(segment);
    }
  }

  #weigh({ functions }: KnownSegment): void {
    this.#cache.weigh(functions);
    this.#tellEvicted();
  }

  #tellEvicted(): void {
    const evicted = this.#cache.takeEvicted();
    if (evicted.length > 0) this.#answer(frameType.evicted, 0, () => this.#numbers(evicted));
  }

  /** By step, or null when one is not open. */
  #opened({ program }: KnownSegment): readonly OpenFunction[] | null {
    const functions: OpenFunction[] = [];
    for (const step of program.steps) {
      const open = this.#cache.openOf(step.function);
      if (open === null) return null;
      functions.push(open);
    }
    return functions;
  }

  async #openAll(segment: KnownSegment): Promise<readonly OpenFunction[]> {
    const { steps } = segment.program;
    for (let step = 0; step < steps.length; step++) {
      this.#options.state.beginRun(step, OPEN_TIMEOUT_MS);
      await this.#cache.open((steps[step] as { function: number }).function, segment.functions);
    }
    this.#tellEvicted();
    return this.#opened(segment) as readonly OpenFunction[];
  }

  #missing(id: number, { functions }: KnownSegment): void {
    this.#options.state.endTask();
    const missing = functions.filter((each) => !this.#cache.has(each));
    this.#answer(frameType.missing, id, () => this.#numbers(missing));
  }

  #broken(id: number, segment: KnownSegment, error: unknown): void {
    this.#options.state.endTask();
    this.#cache.discard(segment.functions);
    this.#tellEvicted();
    this.#answer(frameType.broken, id, () => this.#writer.text(errorMessage(error)));
  }

  async #prepare({ id, body }: ReceivedFrame): Promise<void> {
    const { state, factory, prepareTimeoutMs } = this.#options;
    this.#flush();
    if (!this.#begin(id)) return;
    state.beginRun(0, prepareTimeoutMs);
    const { code, spec } = readPrepare(new BodyReader(body));
    try {
      const preparation = await factory.prepare(code, spec);
      this.#answer(frameType.prepared, id, () => writePrepared(this.#writer, preparation));
    } catch (error) {
      this.#answer(frameType.broken, id, () => this.#writer.text(errorMessage(error)));
    } finally {
      state.endTask();
    }
  }

  #numbers(numbers: readonly number[]): void {
    this.#writer.u16(numbers.length);
    for (const number of numbers) this.#writer.u32(number);
  }

  #answer(type: FrameType, id: number, writeBody: () => void, flags = 0): void {
    if (this.#waitingResults === 0) this.#oldestResultMs = this.#options.clock.nowMs();
    this.#waitingResults += 1;
    this.#writer.begin(type, flags, id);
    writeBody();
    this.#writer.end();
  }

  /** Results that are ready do not wait for a task that may take long. */
  #flushBefore({ recentUs }: KnownSegment): void {
    if (this.#waitingResults === 0) return;
    const late = recentUs > RESULT_DELAY_MS * 1e3 || this.#options.clock.nowMs() - this.#oldestResultMs > RESULT_DELAY_MS;
    if (late || this.#waitingResults >= RESULTS_PER_WRITE || this.#writer.pendingBytes > BATCH_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#writer.pendingBytes === 0) return;
    this.#options.channel.writeAll(this.#writer.take());
    this.#writer.reuse();
    this.#waitingResults = 0;
  }
}
