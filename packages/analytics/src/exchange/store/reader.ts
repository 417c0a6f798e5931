/**
 * One consuming fragment's end of a store edge. It waits until all producers have written, then reads its part
 * of each object by range, several at once and in slices, within a budget; parts without rows are not read.
 */
import { AppError, assert, toAppError } from '@pappus/core';
import type { ByteRange, ObjectStore } from '../../object-store/object-store.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { MAX_CONCURRENT_READS } from '../limits.ts';
import type { Edge, ExchangeReader, Frame } from '../transport.ts';
import type { ExchangeDirectory } from './directory.ts';
import { FrameListParser } from './frame-list.ts';
import { decodeTrailerEntries, parseObjectName, TRAILER_ENTRY_BYTES, trailerBytes } from './object-name.ts';

export interface StoreReaderOptions {
  readonly store: ObjectStore;
  readonly directory: ExchangeDirectory;
  readonly edge: Edge;
  readonly consumer: number;
  readonly memory: ByteBudget;
  readonly sliceBytes: number;
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

/** A consumer's part of one object. */
interface Part {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

interface Slice {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly firstOfPart: boolean;
  readonly lastOfPart: boolean;
}

interface Fetch {
  readonly slice: Slice;
  readonly bytes: Promise<Uint8Array>;
}

export class StoreReader implements ExchangeReader {
  readonly #options: StoreReaderOptions;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #fetches: Fetch[] = [];
  #slices: Slice[] | null = null;
  #nextSlice = 0;
  #parser: FrameListParser | null = null;
  #current: Slice | null = null;
  #closed = false;

  constructor(options: StoreReaderOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#controller.signal]);
  }

  async next(): Promise<Frame | null> {
    try {
      return await this.#next();
    } catch (thrown) {
      const error = toAppError(this.#options.signal.aborted ? this.#options.signal.reason : thrown);
      await this.close();
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#controller.abort(new AppError('cancelled', 'the reader of an edge was closed'));
    for (const { slice } of this.#fetches.splice(0)) this.#options.memory.give(slice.length);
    this.#release();
    this.#options.onEnd();
  }

  async #next(): Promise<Frame | null> {
    this.#signal.throwIfAborted();
    this.#slices ??= await this.#plan();
    for (;;) {
      const frame = this.#parser?.next() ?? null;
      if (frame !== null) return frame;
      this.#finishSlice();
      this.#fetchAhead(this.#slices); // at least one is on the way now, unless none is left
      const fetch = this.#fetches.shift();
      if (fetch === undefined) return null;
      this.#current = fetch.slice;
      if (fetch.slice.firstOfPart) this.#parser = new FrameListParser(`${fetch.slice.key}, part ${this.#options.consumer},`);
      this.#parser?.push(await fetch.bytes);
    }
  }

  #finishSlice(): void {
    if (this.#current?.lastOfPart === true) this.#parser?.end();
    this.#release();
  }

  #release(): void {
    if (this.#current !== null) this.#options.memory.give(this.#current.length);
    this.#current = null;
  }

  /** Keeps reads on the way, in the order in which their slices are wanted. */
  #fetchAhead(slices: readonly Slice[]): void {
    const { store, memory } = this.#options;
    for (let slice = slices[this.#nextSlice]; slice !== undefined; slice = slices[this.#nextSlice]) {
      const idle = this.#fetches.length === 0 && this.#current === null;
      if (!idle && (this.#fetches.length >= MAX_CONCURRENT_READS || !memory.fits(slice.length))) return;
      this.#nextSlice++;
      memory.take(slice.length);
      const { key, offset, length } = slice;
      const bytes = store.get(key, { offset, length }, this.#signal).then((answer) => {
        if (answer.bytes.byteLength !== length) throw new AppError('corrupt-data', `${key} is shorter than its name says`);
        return answer.bytes;
      });
      bytes.catch(() => {});
      this.#fetches.push({ slice, bytes });
    }
  }

  async #plan(): Promise<Slice[]> {
    const { directory, edge, consumer, sliceBytes } = this.#options;
    const keys = await directory.lookup(edge, this.#signal);
    assert(keys.length === edge.producers.length, 'the directory knows every producer');
    // Each consumer begins with another producer, so that they do not all read the same object at the same time.
    const rotated = [...keys.slice(consumer % keys.length), ...keys.slice(0, consumer % keys.length)];
    const parts = await Promise.all(rotated.flat().map((key) => this.#locate(key)));
    return parts.flatMap((part) => cut(part, sliceBytes));
  }

  async #locate(key: string): Promise<Part> {
    const { consumer, edge, store } = this.#options;
    const { layout } = parseObjectName(key);
    if (layout.kind === 'sizes') {
      const start = layout.sizes.slice(0, consumer).reduce((sum, size) => sum + size, 0);
      return { key, start, end: start + (layout.sizes[consumer] ?? 0) };
    }
    const offset = layout.bytes - trailerBytes(edge.consumers.length) + consumer * TRAILER_ENTRY_BYTES;
    const range: ByteRange = { offset, length: 2 * TRAILER_ENTRY_BYTES };
    return { key, ...decodeTrailerEntries((await store.get(key, range, this.#signal)).bytes) };
  }
}

function cut({ key, start, end }: Part, sliceBytes: number): Slice[] {
  const slices: Slice[] = [];
  for (let offset = start; offset < end; offset += sliceBytes) {
    const length = Math.min(sliceBytes, end - offset);
    slices.push({ key, offset, length, firstOfPart: offset === start, lastOfPart: offset + length === end });
  }
  return slices;
}
