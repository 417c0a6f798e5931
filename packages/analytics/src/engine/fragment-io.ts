/**
 * The main thread's half of a running fragment: moves frames between the transport's async ends and the engine
 * thread, with a bounded number of bytes on the way. Every edge is pumped on its own, so an edge that the engine
 * does not read yet holds nothing up; writes to one consumer keep their order, those to different ones overlap.
 */
import { assert } from '@pappus/core';
import type { ExchangeReader, ExchangeWriter, Frame } from '../exchange/transport.ts';
import type { FragmentSpec } from './fragment.ts';
import { engineLimits } from './limits.ts';

/** What a fragment reads and writes, by edge number: structurally the ends that a transport gives. */
export interface FragmentIo {
  readonly readers: ReadonlyMap<number, Pick<ExchangeReader, 'next'>>;
  readonly writers: ReadonlyMap<number, Pick<ExchangeWriter, 'write'>>;
}

/** The way to the engine thread. */
export interface EnginePort {
  frame(edge: number, frame: Frame): void;
  end(edge: number): void;
  /** A reader or writer rejected: the run shall end. */
  cancel(): void;
  /** The transport took this many bytes. */
  written(bytes: number): void;
}

interface InputEdge {
  inFlightBytes: number;
  resume: (() => void) | null;
}

export class FragmentPump {
  readonly #io: FragmentIo;
  readonly #fragment: FragmentSpec;
  readonly #port: EnginePort;
  readonly #inputs = new Map<number, InputEdge>();
  /** The last write to each consumer of each edge. */
  readonly #writes = new Map<string, Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  #active = true;

  constructor(fragment: FragmentSpec, io: FragmentIo, port: EnginePort) {
    for (const { edge } of fragment.inputs) assert(io.readers.has(edge), `a reader for input edge ${edge}`);
    for (const { edge } of fragment.outputs) assert(io.writers.has(edge), `a writer for output edge ${edge}`);
    this.#io = io;
    this.#fragment = fragment;
    this.#port = port;
  }

  /** The first error of a reader or writer. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  start(): void {
    for (const { edge } of this.#fragment.inputs) {
      this.#inputs.set(edge, { inFlightBytes: 0, resume: null });
      this.#read(edge).catch((error: unknown) => this.#fail(error));
    }
  }

  /** The engine has begun to decode a frame. */
  taken(edge: number, bytes: number): void {
    const input = this.#inputs.get(edge);
    if (input === undefined) return;
    input.inFlightBytes -= bytes;
    input.resume?.();
  }

  /** Sends a frame to one consumer, or a copy to each: a writer owns what it is given. */
  send(edge: number, consumer: number | null, frame: Frame): void {
    if (consumer !== null) return this.#enqueue(edge, consumer, frame);
    const consumers = this.#fragment.outputs.find((output) => output.edge === edge)?.consumers ?? 0;
    for (let index = 0; index < consumers; index += 1) this.#enqueue(edge, index, index === consumers - 1 ? frame : frame.slice());
  }

  /** Resolves when every frame was taken by its writer; rejects with the first error. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes.values());
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Reads no further frame. Whoever made the readers closes them. */
  stop(): void {
    this.#active = false;
    for (const input of this.#inputs.values()) input.resume?.();
  }

  async #read(edge: number): Promise<void> {
    const reader = this.#io.readers.get(edge);
    const input = this.#inputs.get(edge);
    assert(reader !== undefined && input !== undefined, 'an input edge has a reader');
    while (this.#active) {
      const frame = await reader.next();
      if (!this.#active) return;
      if (frame === null) return this.#port.end(edge);
      input.inFlightBytes += frame.byteLength;
      this.#port.frame(edge, frame);
      while (this.#active && input.inFlightBytes >= engineLimits.inputWindowBytes) await this.#window(input);
    }
  }

  #window(input: InputEdge): Promise<void> {
    return new Promise((resolve) => {
      input.resume = () => {
        input.resume = null;
        resolve();
      };
    });
  }

  #enqueue(edge: number, consumer: number, frame: Frame): void {
    const key = `${edge}/${consumer}`;
    const before = this.#writes.get(key) ?? Promise.resolve();
    this.#writes.set(key, before.then(() => this.#write(edge, consumer, frame)));
  }

  async #write(edge: number, consumer: number, frame: Frame): Promise<void> {
    const bytes = frame.byteLength;
    try {
      if (this.#failure === null && this.#active) await this.#io.writers.get(edge)?.write(consumer, frame);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#port.written(bytes);
    }
  }

  #fail(error: unknown): void {
    if (!this.#active || this.#failure !== null) return;
    this.#failure = { error };
    this.#port.cancel();
  }
}
