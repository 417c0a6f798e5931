/** A distributed plan as stages: what each worker runs, and the edges between them. Plain data that crosses to workers. */
import type { ColumnType } from '../../engine/fragment.ts';
import type { ScanRange } from './scan-ranges.ts';

export type EdgeRouting = 'hash' | 'broadcast' | 'gather' | 'forward' | 'result';

/** A table that a stage scans, and how its row groups are shared out among the stage's fragments. */
export interface StageScan {
  /** Name of the view that the worker makes for it. */
  readonly view: string;
  readonly table: string;
  readonly columns: readonly ColumnType[];
  readonly split: boolean;
  /** Row groups without a row in all of these need not be read. */
  readonly ranges: readonly ScanRange[];
}

export interface StageInput {
  readonly edge: number;
  /** Null: the SQL reads it as `pappus_input(edge)`. */
  readonly table: string | null;
  readonly columns: readonly ColumnType[];
}

export interface StageOutput {
  readonly edge: number;
  readonly routing: EdgeRouting;
  /** For `hash`: which result column holds the number of the consuming fragment. */
  readonly column: number | null;
}

export interface Stage {
  readonly id: number;
  /** Reads `pappus_worker()` where it needs the fragment's number. */
  readonly sql: string;
  readonly columns: readonly ColumnType[];
  /** On so many workers it runs, 1 to all. */
  readonly fragments: number;
  /** Its rows come in the order that the user asked for. */
  readonly ordered: boolean;
  readonly scans: readonly StageScan[];
  readonly inputs: readonly StageInput[];
  readonly outputs: readonly StageOutput[];
  readonly estimatedRows: number;
  readonly estimatedBytes: number;
}

export interface StageEdge {
  readonly id: number;
  readonly routing: EdgeRouting;
  readonly producer: number;
  /** Null for the edge that leads to the driver. */
  readonly consumer: number | null;
}

/** Stages stand after all whose rows they read. */
export interface StagePlan {
  readonly stages: readonly Stage[];
  readonly edges: readonly StageEdge[];
  readonly resultEdge: number;
  readonly columns: readonly ColumnType[];
  /** Why the query is not distributed, when it is not. */
  readonly wholeReason: string | null;
}
