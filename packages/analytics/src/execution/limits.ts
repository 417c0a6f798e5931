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
/** Kept free of a worker's memory for Node, the DuckDB library and frames on the way. */
export const WORKER_OVERHEAD_BYTES: number = 128 * 1024 * 1024;
/** DuckDB cannot do anything sensible with less. */
export const MIN_ENGINE_MEMORY_BYTES: number = 48 * 1024 * 1024;
export const DEFAULT_WORKER_MEMORY_BYTES: number = 2 * 1024 * 1024 * 1024;
/** Received frames that a worker keeps in memory, as a share of its memory; the rest is spilled. */
export const EXCHANGE_MEMORY_SHARE = 0.08;
/** A result file travels in pieces of this size. */
export const RESULT_PIECE_BYTES: number = 1024 * 1024;
