/** Limits of execution. */

/** The port, in the group's numbering, on which a worker takes the driver's control stream. */
export const CONTROL_PORT = 7000;
/** A control message is a list of SQL fragments at most; a longer one is garbage. */
export const MAX_CONTROL_MESSAGE_BYTES: number = 64 * 1024 * 1024;
export const MAX_WORKERS = 256;
/** Time for all workers to start, join and open DuckDB. */
export const READY_TIMEOUT_MS = 60_000;
/** Time for all workers to confirm the end of a query before they are replaced. */
export const END_TIMEOUT_MS = 3_000;
/** A lost peer shows on many streams; the worker's own end, which says why, may come later by so much. */
export const CAUSE_GRACE_MS = 1_500;
/** How long a worker whose control stream ended may take to exit before it counts as hung. */
export const EXIT_GRACE_MS = 400;
/** With the `store` exchange, fragments of so many lost workers are run again for one query. */
export const MAX_RECOVERIES = 3;
/** Kept free of a worker's memory for Node, the DuckDB library, frames on the way, and what DuckDB does not count. */
export const WORKER_OVERHEAD_BYTES: number = 176 * 1024 * 1024;
/** DuckDB cannot do anything sensible with less. */
export const MIN_ENGINE_MEMORY_BYTES: number = 48 * 1024 * 1024;
export const DEFAULT_WORKER_MEMORY_BYTES: number = 2 * 1024 * 1024 * 1024;
/** Received frames that a worker keeps in memory, as a share of its memory; the rest is spilled. */
export const EXCHANGE_MEMORY_SHARE = 0.08;
/** A result file travels in pieces of this size. */
export const RESULT_PIECE_BYTES: number = 1024 * 1024;
/**
 * How chunks of an object are fetched. Reading over a gap of 256 KiB takes some 3 ms at S3's 90 MB/s for a connection,
 * and costs less of a worker's time than a request costs; 8 MiB is where S3's own guidelines put a parallel read.
 */
export const DEFAULT_FETCH_LIMITS: { readonly gapBytes: number; readonly requestBytes: number } = { gapBytes: 256 * 1024, requestBytes: 8 * 1024 * 1024 };
/** Objects that one query fetches from at the same time on one worker; it is a bound of open files. */
export const MAX_FILES_FETCHED_AT_ONCE = 64;
/** Reads of table objects on the way, as a share of a worker's memory. */
export const FETCH_MEMORY_SHARE = 0.06;
export const MIN_FETCH_MEMORY_BYTES: number = 16 * 1024 * 1024;
/**
 * A read of a table that takes this long, and the time of its bytes, is sent a second time. S3 answers 19 of 20 within
 * 75 ms and the slowest after more than 10 s; a busy worker must not take its own slowness for the store's.
 */
export const TABLE_HEDGE: { readonly afterMs: number; readonly bytesPerSecond: number } = { afterMs: 1_000, bytesPerSecond: 5_000_000 };
