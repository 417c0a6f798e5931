/**
 * What the generating threads and their owner say to each other.
 *
 *     owner ── workerData: pool, control ──► thread   fills free segments of the pool, waits until all are filled
 *     owner ◄── ready ──────────────────── thread
 *     owner ── FileTask ──► thread                    one at a time
 *     owner ◄── progress … done | failed ─ thread
 *     owner ── null ──► thread                        ends
 *
 * `control` is shared memory, since a thread that computes reads no messages.
 */
import type { ErrorRecord } from '@pappus/core';
import type { UnitRange } from '../generator/scale.ts';
import type { TableName } from '../generator/schema.ts';

/** Slots of `control`. */
export const NEXT_SEGMENT = 0;
export const FILLED_SEGMENTS = 1;
export const CANCELLED = 2;
export const CONTROL_SLOTS = 3;

export interface ThreadData {
  readonly pool: Uint8Array<SharedArrayBuffer>;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export interface FileTask {
  readonly table: TableName;
  readonly scaleFactor: number;
  readonly range: UnitRange;
  readonly maxRowGroupRows: number;
  /** The path to write to, absolute. */
  readonly path: string;
}

export type ThreadMessage =
  | { readonly kind: 'segment' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly rows: number }
  | { readonly kind: 'done'; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };
