/** One producing fragment's end of a direct edge: a stream to each consuming fragment, opened at its first frame. */
import { abortable, AppError, assert, toAppError } from '@pappus/core';
import { MAX_FRAME_BYTES } from '../limits.ts';
import type { Edge, ExchangeWriter, Frame } from '../transport.ts';
import type { FrameSink } from './outgoing.ts';

export interface DirectWriterOptions {
  readonly edge: Edge;
  readonly producer: number;
  readonly signal: AbortSignal;
  readonly open: (consumer: number) => Promise<FrameSink>;
}

interface Lane {
  readonly sink: Promise<FrameSink>;
  /** The last write; it settles when all before it have. */
  tail: Promise<void>;
}

export class DirectWriter implements ExchangeWriter {
  readonly #options: DirectWriterOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #onAbort: () => void;
  #ended = false;
  #finished = false;

  constructor(options: DirectWriterOptions) {
    this.#options = options;
    this.#onAbort = () => void this.abort(toAppError(options.signal.reason)).catch(() => {});
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  write(consumer: number, frame: Frame): Promise<void> {
    const { edge, signal } = this.#options;
    assert(!this.#ended || signal.aborted, 'write after the end of an exchange writer');
    assert(consumer >= 0 && consumer < edge.consumers.length, `consumer ${consumer} of ${edge.consumers.length}`);
    assert(frame.byteLength > 0 && frame.byteLength <= MAX_FRAME_BYTES, `a frame of ${frame.byteLength} bytes`);
    if (signal.aborted) return Promise.reject(signal.reason);
    const lane = this.#lane(consumer);
    const write = Promise.all([lane.sink, lane.tail]).then(([sink]) => sink.write(frame));
    lane.tail = write;
    return abortable(write, signal);
  }

  async finish(): Promise<void> {
    const { edge, signal } = this.#options;
    signal.throwIfAborted();
    assert(!this.#ended, 'an exchange writer is ended once');
    this.#ended = true;
    const ends = edge.consumers.map(async (_, consumer) => {
      const lane = this.#lane(consumer);
      await lane.tail;
      await (await lane.sink).end();
    });
    await abortable(Promise.all(ends), signal);
    this.#finished = true;
    signal.removeEventListener('abort', this.#onAbort);
  }

  async abort(error: Error): Promise<void> {
    if (this.#finished) return;
    const { edge, signal } = this.#options;
    signal.removeEventListener('abort', this.#onAbort);
    this.#ended = true;
    const record = error instanceof AppError ? error : toAppError(error);
    const aborts = edge.consumers.map(async (_, consumer) => (await this.#lane(consumer).sink).abort(record));
    await Promise.allSettled(aborts);
  }

  #lane(consumer: number): Lane {
    let lane = this.#lanes.get(consumer);
    if (lane === undefined) {
      const sink = this.#options.open(consumer);
      lane = { sink, tail: sink.then(() => undefined) };
      lane.tail.catch(() => {});
      this.#lanes.set(consumer, lane);
    }
    return lane;
  }
}
