/** Limits of the I/O functions. Those that begin with DEFAULT may be set by whoever builds the function. */

/** Items of one run that are worked on at the same time; the dispatcher bounds the runs. */
export const MAX_ITEMS_AT_ONCE = 32;

/** An HTTP item's request or status line and headers, the empty line included. */
export const MAX_HEAD_BYTES = 65_536;
export const MAX_HEADERS = 256;
/** Names and values of a response's headers: with what stands between them they fit into the head of an item. */
export const MAX_RESPONSE_HEADER_BYTES: number = MAX_HEAD_BYTES - 3 * MAX_HEADERS - 10_240;
export const MAX_METHOD_CHARS = 64;
export const MAX_URL_CHARS = 8_192;
/** A destination pattern, and how many there may be. */
export const MAX_PATTERN_CHARS = 2_048;
export const MAX_PATTERNS = 10_000;
/** Addresses of one name that are tried. */
export const MAX_ADDRESSES = 16;
/** Names that are looked up at the same time. Each holds a thread of libuv's pool, which gives half of them to what is slow. */
export const LOOKUPS_AT_ONCE = 32;
export const LOOKUP_POOL_THREADS: number = 2 * LOOKUPS_AT_ONCE;
/** Connections that wait for such a look-up. */
export const MAX_WAITING_LOOKUPS = 4_096;

export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** From the request's last byte to the end of the response's headers. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 30_000;
/** Between two pieces of the response's body. */
export const DEFAULT_BODY_TIMEOUT_MS = 30_000;
/** One item with all its attempts, redirects and waits. */
export const DEFAULT_TOTAL_TIMEOUT_MS = 120_000;
export const DEFAULT_RESPONSE_BYTES: number = 64 * 2 ** 20;
/** Response bytes of one HTTP function that are being received, or wait for the other ones of their run. */
export const DEFAULT_BUFFERED_BYTES: number = 2 ** 30;
/** One lane has three quarters of them at most. */
export const DEFAULT_REQUESTS_AT_ONCE = 256;
export const DEFAULT_REQUESTS_PER_DESTINATION = 32;
/** Requests that wait for their turn; more are refused. */
export const MAX_WAITING_REQUESTS = 16_384;
export const DEFAULT_REDIRECTS = 5;

/** Attempts in all, the first one included. */
export const DEFAULT_ATTEMPTS = 3;
export const RETRY_BASE_MS = 100;
export const RETRY_MAX_MS = 5_000;
/** A server that asks for a longer wait gets its answer passed on instead. */
export const MAX_RETRY_AFTER_MS = 15_000;

/** An idle connection is kept this long, or as long as the server says up to the second figure. */
export const KEEP_ALIVE_MS = 4_000;
export const MAX_KEEP_ALIVE_MS = 30_000;
/** With so many connections open, further ones are closed after their response. */
export const MAX_KEPT_CONNECTIONS = 1_024;
/** How long the addresses of the machine's interfaces are taken for those that they were. */
export const OWN_ADDRESSES_KEPT_MS = 10_000;
/** The first piece of memory for a response; it grows with what really arrives. */
export const FIRST_RESPONSE_BYTES = 65_536;

/** A `Files` request: a path or a pattern. */
export const MAX_FILE_PATTERN_BYTES = 4_096;
export const MAX_FILE_PATTERN_PARTS = 32;
export const DEFAULT_FILE_BYTES: number = 256 * 2 ** 20;
/** All files of one run together. */
export const DEFAULT_FILES_BYTES: number = 2 ** 30;
/** Those of all runs. */
export const DEFAULT_FILES_AT_ONCE_BYTES: number = 2 * DEFAULT_FILES_BYTES;
export const DEFAULT_FILES = 10_000;
/** Directory entries that the patterns of one run may look at. */
export const MAX_VISITED_ENTRIES = 1_000_000;
export const FILES_READ_AT_ONCE = 16;
