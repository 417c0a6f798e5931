/**
 * The store exchange: rows go through objects on an object store. Writing ends before reading begins (the edge
 * is a barrier), and what was written outlives its worker, so a lost fragment can be run again from its inputs.
 * P producers and C consumers cost P writes and at most P·C range reads.
 */
import { assert, type QueryId, type Random } from '@pappus/core';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { ByteBudget } from '../byte-budget.ts';
import { DEFAULT_READ_AHEAD_BYTES, DEFAULT_WRITE_BUFFER_BYTES, MAX_OBJECT_BYTES, MAX_SLICE_BYTES } from '../limits.ts';
import type { Edge, ExchangeReader, ExchangeWriter, QueryScopedTransport } from '../transport.ts';
import type { ExchangeDirectory } from './directory.ts';
import { queryFolder } from './object-name.ts';
import { StoreReader } from './reader.ts';
import { StoreWriter } from './writer.ts';

export interface StoreTransportOptions {
  readonly store: ObjectStore;
  readonly directory: ExchangeDirectory;
  /** In front of all keys; empty, or with a slash at its end. */
  readonly prefix: string;
  /** Where rows go that do not fit in the write buffer; made when needed. */
  readonly spillFolder: string;
  /** For the names of attempts. */
  readonly random: Random;
  readonly writeBufferBytes?: number;
  readonly readAheadBytes?: number;
  readonly maxObjectBytes?: number;
}

/** Bytes that the writers and the readers of a worker hold. */
export interface StoreBufferUsage {
  readonly memoryBytes: number;
  readonly writePeakBytes: number;
  readonly readPeakBytes: number;
}

interface Open {
  close(): Promise<void>;
}

/** A slice is at most this share of the read-ahead, so that several are on the way. */
const SLICES_AHEAD = 4;
const MIN_SLICE_BYTES = 64 * 1024;
const DELETE_BATCH = 1_000;

export class StoreTransport implements QueryScopedTransport {
  readonly kind = 'store';
  readonly #options: StoreTransportOptions;
  readonly #written: ByteBudget;
  readonly #ahead: ByteBudget;
  readonly #open = new Map<Open, QueryId>();
  #stopped = false;

  constructor(options: StoreTransportOptions) {
    assert(options.prefix === '' || options.prefix.endsWith('/'), 'a prefix ends with a slash');
    this.#options = options;
    this.#written = new ByteBudget(options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES);
    this.#ahead = new ByteBudget(options.readAheadBytes ?? DEFAULT_READ_AHEAD_BYTES);
  }

  get usage(): StoreBufferUsage {
    return { memoryBytes: this.#written.used + this.#ahead.used, writePeakBytes: this.#written.peak, readPeakBytes: this.#ahead.peak };
  }

  writer(edge: Edge, producer: number, signal: AbortSignal): ExchangeWriter {
    assert(!this.#stopped, 'the transport is stopped');
    assert(producer < edge.producers.length, `producer ${producer} of ${edge.producers.length}`);
    const { maxObjectBytes = MAX_OBJECT_BYTES, ...rest } = this.#options;
    const onEnd = (): void => void this.#open.delete(writer);
    const writer: StoreWriter = new StoreWriter({ ...rest, maxObjectBytes, edge, producer, signal, memory: this.#written, onEnd });
    this.#open.set(writer, edge.query);
    return writer;
  }

  reader(edge: Edge, consumer: number, signal: AbortSignal): ExchangeReader {
    assert(!this.#stopped, 'the transport is stopped');
    assert(consumer < edge.consumers.length, `consumer ${consumer} of ${edge.consumers.length}`);
    const { store, directory } = this.#options;
    const sliceBytes = Math.min(MAX_SLICE_BYTES, Math.max(MIN_SLICE_BYTES, Math.floor(this.#ahead.limit / SLICES_AHEAD)));
    const onEnd = (): void => void this.#open.delete(reader);
    const reader: StoreReader = new StoreReader({ store, directory, edge, consumer, sliceBytes, signal, memory: this.#ahead, onEnd });
    this.#open.set(reader, edge.query);
    return reader;
  }

  /** Frees what the query holds on this worker. Its objects stay, since other workers may still read them: see `deleteQueryObjects`. */
  async endQuery(query: QueryId): Promise<void> {
    await Promise.all([...this.#open].filter(([, own]) => own === query).map(([open]) => open.close()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#open.keys()].map((open) => open.close()));
  }
}

/** Deletes every object of a query, abandoned attempts included. One worker, or the driver, calls it at the end. */
export async function deleteQueryObjects(store: ObjectStore, prefix: string, query: QueryId, signal: AbortSignal): Promise<number> {
  let batch: string[] = [];
  let deleted = 0;
  const flush = async (): Promise<void> => {
    await store.delete(batch, signal);
    deleted += batch.length;
    batch = [];
  };
  for await (const { key } of store.list(queryFolder(prefix, query), signal)) {
    batch.push(key);
    if (batch.length === DELETE_BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return deleted;
}
