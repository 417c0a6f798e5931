/** Limits of what users send and get as JSON, and the defaults of functions. */

export const MAX_NAME_CHARS = 128;
/** Input or output sets of one function. */
export const MAX_SETS_OF_FUNCTION = 256;
export const MAX_ENVIRONMENT_VARIABLES = 256;
export const MAX_ENVIRONMENT_CHARS = 32_768;

/** Most that a function may ask for. */
export const MAX_MEMORY_BYTES: number = 4 * 1024 ** 3;
export const MAX_TIME_MS = 3_600_000;
export const MAX_OUTPUT_BYTES: number = 1024 ** 3;
export const MAX_OUTPUT_ITEMS = 100_000;
export const MAX_LOG_BYTES = 1_048_576;
export const MAX_CONCURRENCY = 65_536;

/** What a function gets that does not ask. */
export const DEFAULT_MEMORY_BYTES: number = 64 * 1024 ** 2;
export const DEFAULT_TIME_MS = 30_000;
export const DEFAULT_OUTPUT_BYTES: number = 256 * 1024 ** 2;
export const DEFAULT_OUTPUT_ITEMS = 10_000;
export const DEFAULT_LOG_BYTES = 65_536;
export const DEFAULT_CONCURRENCY = 1_024;

/** Names on one page of a list. */
export const DEFAULT_PAGE_NAMES = 1_000;
export const MAX_PAGE_NAMES = 10_000;
/** Entries in one answer of logs. */
export const DEFAULT_LOG_ENTRIES = 1_000;
export const MAX_LOG_ENTRIES = 10_000;
/** How long a request for logs may wait for the next entry, in ms. */
export const MAX_LOG_WAIT_MS = 30_000;

/** Problems that one error names; the number of the others is said. */
export const MAX_SHOWN_PROBLEMS = 50;
/** Characters of a value that an error quotes. */
export const MAX_QUOTED_CHARS = 80;

/** Bytes of JSON that the client takes as one answer. */
export const MAX_JSON_BYTES: number = 64 * 1024 ** 2;
/** Bodies up to here are sent in one piece, with their length. */
export const MAX_WHOLE_BODY_BYTES: number = 8 * 1024 ** 2;
/** Bytes of the records that extend a tar header. */
export const MAX_PAX_BYTES = 65_536;
/** Such records, and long names, before one entry; tar programs write two. */
export const MAX_EXTENSIONS_OF_ENTRY = 8;
