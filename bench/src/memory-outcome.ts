/** What the driver's process of the memory bench is told, and what it tells. */
import type { ColumnType } from '@pappus/analytics';

export interface DriverTask {
  readonly tables: string;
  readonly scaleFactor: number;
  readonly workers: number;
  readonly workerMemoryBytes: number;
  readonly queries: readonly number[];
  /** Rows go to `<query>.json` in it, one on each line, so that they do not fill the driver's memory. */
  readonly answers: string;
}

export interface FragmentMemory {
  readonly stage: number;
  readonly worker: number;
  /** Of the worker's process while the fragment ran. */
  readonly peakBytes: number;
  /** The most that its DuckDB held in buffers during the fragment. */
  readonly duckdbPeakBytes: number;
}

export interface MemoryOutcome {
  readonly query: number;
  /** Null when the query succeeded. */
  readonly error: string | null;
  readonly columns: readonly ColumnType[];
  readonly runMs: number;
  readonly restarts: number;
  readonly fragments: readonly FragmentMemory[];
  /** The most that each worker's process had resident during the query; empty where the system does not say. */
  readonly workerPeakBytes: readonly number[];
  /** The most that the driver's process has had resident so far. */
  readonly driverPeakBytes: number;
}
