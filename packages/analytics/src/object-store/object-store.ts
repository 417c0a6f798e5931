/**
 * What analytics needs of an object store: range reads, whole writes, listing, and an exact count of every
 * request and byte, since the bill is made from it.
 */
import type { RequestCounts } from './request-counts.ts';

/** A part of an object; `suffix` is its last bytes, or all of a shorter object. */
export type ByteRange = { readonly offset: number; readonly length: number } | { readonly suffix: number };

export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

export interface ObjectBytes {
  /** In a buffer of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Size of the whole object, whatever range was asked for. */
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Bytes, or something that yields `sizeBytes` bytes each time it is opened (once for each attempt). */
export type PutBody = Uint8Array | { readonly sizeBytes: number; open(): AsyncIterable<Uint8Array> };

export interface ObjectStore {
  readonly bucket: string;
  /** Rejects with `not-found`, `permission-denied`, `unavailable` (after all retries), `deadline-exceeded`. So do all others. */
  get(key: string, range: ByteRange | null, signal: AbortSignal): Promise<ObjectBytes>;
  put(key: string, body: PutBody, signal: AbortSignal): Promise<ObjectInfo>;
  head(key: string, signal: AbortSignal): Promise<ObjectInfo>;
  /** Every object whose key begins with the prefix, in the order of keys, fetched page by page. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectInfo>;
  /** Deletes what is there of these; a key that is not is no error. */
  delete(keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** What was asked so far; a snapshot. */
  counts(): RequestCounts;
  /** Closes idle connections. Idempotent. */
  close(): void;
}
