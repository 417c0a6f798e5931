/**
 * Rows moving between stages. An edge connects one producing stage with one consuming stage; each has a number
 * of fragments. A writer is one producing fragment's end, a reader one consuming fragment's end. What travels
 * are frames: opaque, self-contained batches of rows (`engine/frame.ts`). `direct` streams them over TCP,
 * `store` puts them into objects; both pass one compliance suite.
 */
import type { EdgeId, QueryId, Rank } from '@pappus/core';

export interface Edge {
  readonly query: QueryId;
  readonly edge: EdgeId;
  /** Rank of each producing fragment, by fragment number. */
  readonly producers: readonly Rank[];
  /** Rank of each consuming fragment, by fragment number. */
  readonly consumers: readonly Rank[];
}

/** One batch of rows, encoded; owned by whoever holds it. */
export type Frame = Uint8Array<ArrayBuffer>;

/**
 * Gives a frame's memory back now, by its last holder. Left to the garbage collector, which does not see how much
 * memory hangs on a buffer, a worker would hold a multiple of what is on the way.
 */
export function releaseFrame(frame: Frame): void {
  if (frame.byteLength > 0 && frame.byteLength === frame.buffer.byteLength) frame.buffer.transfer(0);
}

export interface ExchangeWriter {
  /** Sends a frame to a consuming fragment. Resolves when the transport can take the next one: this is the back-pressure. */
  write(consumer: number, frame: Frame): Promise<void>;
  /** No more rows. Resolves when all frames are handed over durably (`store`) or to the network (`direct`). */
  finish(): Promise<void>;
  /** Makes every reader of this edge fail with the error instead of waiting. */
  abort(error: Error): Promise<void>;
}

export interface ExchangeReader {
  /** The next frame of any producer, or null when all producers have finished. Rejects when one was aborted or lost. */
  next(): Promise<Frame | null>;
  /** Frees what is buffered; idempotent. */
  close(): Promise<void>;
}

export interface ExchangeTransport {
  readonly kind: 'direct' | 'store';
  /** `producer` is this fragment's number among the edge's producers. */
  writer(edge: Edge, producer: number, signal: AbortSignal): ExchangeWriter;
  /** `consumer` is this fragment's number among the edge's consumers. May be opened before or after the writers. */
  reader(edge: Edge, consumer: number, signal: AbortSignal): ExchangeReader;
  stop(): Promise<void>;
}

/** A transport that is kept over many queries. Both of ours are. */
export interface QueryScopedTransport extends ExchangeTransport {
  /** Frees everything that the query holds on this worker; what still comes for it is dropped. Idempotent. */
  endQuery(query: QueryId): Promise<void>;
}
