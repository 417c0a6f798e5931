/** Limits of `tpch`. */

/** From scale factor 30,000 on dbgen uses 64-bit streams; keys leave the 31 bits of ours a little earlier. */
export const MAX_SCALE_FACTOR = 10_000;

/** More generating threads than this are refused. */
export const MAX_THREADS = 256;

/** Rows that are generated, converted and handed over at a time: DuckDB's vector size. */
export const BATCH_ROWS = 2048;

/** Parquet files of one table. */
export const MAX_FILES_PER_TABLE = 4096;

/** A worker thread that does not come up or stop in this time is given up. */
export const THREAD_DEADLINE_MS = 60_000;

/** A larger manifest is refused as not ours. */
export const MAX_MANIFEST_BYTES: number = 16 * 1024 * 1024;

/** Rows of `.tbl` text that are written to a file at a time are at most one batch; a row has at most this many bytes. */
export const MAX_TBL_ROW_BYTES = 512;
