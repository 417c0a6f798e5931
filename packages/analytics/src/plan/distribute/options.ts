/** What distribution may be told. The defaults were chosen on TPC-H; tests vary them to reach every road. */

export interface DistributionOptions {
  /** Number of workers, at least 1. */
  readonly workers: number;
  /** A table of at most this many rows is read whole by every worker instead of being split. */
  readonly replicateMaxRows: number;
  /** How much dearer a broadcast byte is than a hash-exchanged one, beyond being sent to every worker: each builds the whole hash table. */
  readonly broadcastWeight: number;
  /** Rows of at most this many groups are finished on one worker instead of being spread again. */
  readonly gatherMaxRows: number;
  /** Aggregate before the exchange when that leaves at most this fraction of the rows. */
  readonly partialMaxFraction: number;
  /** A stage runs on one worker for each so many rows that it reads or makes, up to all; 0: always on all. */
  readonly fragmentMinRows: number;
  /** The same in bytes. */
  readonly fragmentMinBytes: number;
}

export const DEFAULT_DISTRIBUTION: Omit<DistributionOptions, 'workers'> = {
  replicateMaxRows: 20_000,
  broadcastWeight: 1.3,
  gatherMaxRows: 4096,
  partialMaxFraction: 0.8,
  fragmentMinRows: 122_880,
  fragmentMinBytes: 16 * 1024 * 1024,
};
