/** Limits of the object-store client and of the embedded store. */

/** One `get` brings at most this much into memory; longer objects are read by ranges. */
export const MAX_GET_BYTES: number = 1024 * 1024 * 1024;
/** S3 takes at most 5 GiB in one PUT. */
export const MAX_PUT_BYTES: number = 5 * 1024 * 1024 * 1024;
/** S3 takes at most 1,000 keys in one DeleteObjects. */
export const MAX_DELETE_KEYS = 1_000;
/** S3 lists at most 1,000 keys in one page. */
export const MAX_PAGE_KEYS = 1_000;
/** UTF-8 bytes of a key, as S3 has it. */
export const MAX_KEY_BYTES = 1_024;
/** Body of an error, list or delete answer. */
export const MAX_XML_BYTES: number = 4 * 1024 * 1024;
/** Requests of one client that are on the way at the same time; more wait. */
export const DEFAULT_CONCURRENCY = 64;
export const DEFAULT_ATTEMPTS = 6;
export const DEFAULT_RETRY_BASE_MS = 50;
export const DEFAULT_RETRY_MAX_MS = 5_000;
/** An attempt that makes no progress for this long is given up; S3's tail goes beyond 10 s, and hedging is cheaper than waiting. */
export const DEFAULT_IDLE_TIMEOUT_MS = 10_000;
/** One call, with all its attempts. */
export const DEFAULT_CALL_TIMEOUT_MS = 120_000;
/** Idle connections are closed by S3 after a few seconds; we drop them first. */
export const KEEP_ALIVE_MS = 4_000;

/** How long the embedded store's process may take to start, and to end. */
export const EMBEDDED_START_TIMEOUT_MS = 10_000;
export const EMBEDDED_STOP_TIMEOUT_MS = 3_000;
/** Objects and bytes that an embedded store takes. */
export const MAX_EMBEDDED_OBJECTS = 1_000_000;
export const DEFAULT_EMBEDDED_CAPACITY_BYTES: number = 64 * 1024 * 1024 * 1024;
/** A request whose date is further off than this is refused, as S3 does. */
export const MAX_CLOCK_SKEW_MS: number = 15 * 60 * 1000;
