/** What the driver sends a worker and gets back. Plain data; it crosses a control stream as JSON. */
import type { ErrorRecord } from '@pappus/core';
import type { ColumnChunk } from '../catalog/table.ts';
import type { ColumnType, FragmentOutput } from '../engine/fragment.ts';
import type { FragmentStats } from '../engine/stats.ts';
import type { RequestCounts } from '../object-store/request-counts.ts';
import type { StageInput } from '../plan/stages/stage.ts';

/** Rows [firstRow, firstRow + rows) of a file; all of it when `whole`. */
export interface FilePart {
  readonly path: string;
  /** That of the catalog; a copy of any other version is refused. Local files are not checked. */
  readonly version: string;
  readonly sizeBytes: number;
  readonly footerBytes: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly whole: boolean;
  /** What has to be fetched of an object; empty for local files. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ScanTask {
  readonly view: string;
  readonly columns: readonly ColumnType[];
  readonly parts: readonly FilePart[];
}

export interface FragmentTask {
  readonly stage: number;
  readonly fragment: number;
  readonly sql: string;
  readonly columns: readonly ColumnType[];
  readonly scans: readonly ScanTask[];
  /** The SQL is the user's own text, which names the tables as it likes. */
  readonly whole: boolean;
  readonly inputs: readonly StageInput[];
  readonly outputs: readonly FragmentOutput[];
  /** The rows are written to a Parquet file under these column names, and its bytes are what the one output gets. */
  readonly parquet: readonly string[] | null;
}

export interface EdgeTask {
  readonly edge: number;
  readonly transport: 'direct' | 'store';
  /** Ranks of the producing and consuming fragments, by fragment number. */
  readonly producers: readonly number[];
  readonly consumers: readonly number[];
  /** The number under which its rows travel, where it is not its own: that of an attempt at a part of the result. */
  readonly wire?: number;
}

/** All that one worker does for one query, in the order in which it does it. */
export interface QueryTask {
  readonly query: string;
  /** The worker's own. */
  readonly rank: number;
  readonly edges: readonly EdgeTask[];
  readonly fragments: readonly FragmentTask[];
}

export interface FragmentReport {
  readonly stage: number;
  readonly fragment: number;
  readonly startedMs: number;
  readonly stats: FragmentStats;
  /** Most memory of the worker's process that was seen while the fragment ran. */
  readonly peakBytes: number;
}

export type ToWorker =
  | { readonly kind: 'run'; readonly task: QueryTask }
  | { readonly kind: 'end'; readonly query: string; readonly reason: string }
  | { readonly kind: 'announced'; readonly query: string; readonly edge: number; readonly producer: number; readonly objects: readonly string[] };

export type FromWorker =
  | { readonly kind: 'ready'; readonly startMs: number }
  | { readonly kind: 'started'; readonly query: string; readonly stage: number; readonly fragment: number }
  | { readonly kind: 'finished'; readonly query: string; readonly report: FragmentReport }
  | { readonly kind: 'failed'; readonly query: string; readonly stage: number | null; readonly error: ErrorRecord }
  | { readonly kind: 'ended'; readonly query: string; readonly requests: RequestCounts }
  | { readonly kind: 'announce'; readonly query: string; readonly edge: number; readonly producer: number; readonly objects: readonly string[] };
