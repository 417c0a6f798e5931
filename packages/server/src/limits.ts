/** Limits of the gateway. What a configuration may change has its default here. */

/** Of one request body, and of one item in it. */
export const DEFAULT_BODY_BYTES: number = 1_342_177_280;
export const MAX_BODY_BYTES: number = 4 * 1024 ** 3;
/** Of all request bodies that are in memory at once: what has come of them. More get 429. */
export const DEFAULT_BODY_MEMORY_BYTES: number = 4 * 1024 ** 3;
/** A body of unknown length is collected in pieces up to here, then in one buffer that grows by a factor. */
export const PIECES_BYTES = 1_048_576;
export const GROWTH = 4;
/** A body of sets that is longer, or of unknown length, is taken item by item where the invocation can begin with them. */
export const STREAM_ABOVE_BYTES = 1_048_576;
/** Of all outputs that have not left at once: an answer that finds no room becomes a 429. */
export const DEFAULT_ANSWER_MEMORY_BYTES: number = 4 * 1024 ** 3;
/** The body of an invocation that is under way waits so long for a place in that memory. */
export const MEMORY_WAIT_MS = 5_000;
/** A client that sends nothing of a body that is waited for. */
export const DEFAULT_BODY_STALL_MS = 20_000;
/** How often it is looked at the bodies of requests that are no invocations. */
export const ARRIVAL_CHECK_MS = 500;
/** Of a body that is taken item by item, bytes that are read before somebody wants them. */
export const READ_AHEAD_BYTES = 262_144;
/** A shorter piece of a long item is put together with its neighbours, so many bytes at a time. */
export const KEPT_PIECE_BYTES = 16_384;
export const JOINED_BYTES = 65_536;
/** A client that reads nothing for so long, while it has to wait with its body, may be one that sends before it reads. */
export const SENDS_FIRST_MS = 2_000;
export const MAX_ITEMS_PER_REQUEST = 100_000;
/** Headers of one part of a multipart body. */
export const MAX_PART_HEADER_BYTES = 16_384;
/** Output bytes that may be asked for as JSON. */
export const MAX_JSON_OUTPUT_BYTES = 16_777_216;
/** Bodies of deployments. */
export const MAX_DEPLOYMENT_BYTES = 67_108_864;
export const MAX_SOURCE_BYTES = 1_048_576;

/** Request line and headers. */
export const MAX_HEADER_BYTES = 16_384;
export const MAX_HEADERS = 100;
export const DEFAULT_CONNECTIONS = 16_384;
/** From the first byte of a connection or request to the end of its headers. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 10_000;
/** To the end of its body. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 300_000;
export const DEFAULT_KEEP_ALIVE_MS = 65_000;
export const CONNECTIONS_CHECK_MS = 1_000;
/** A client that reads nothing of its answer for so long is cut off. */
export const SEND_STALL_MS = 60_000;
/** A longer item goes out in slices, so that it is seen that the client reads. */
export const SLICE_BYTES = 262_144;
/** An item up to here goes out in one write with its head. */
export const JOIN_BELOW_BYTES = 16_384;

export const MAX_INVOCATION_MS = 86_400_000;
export const DEFAULT_INVOCATION_MS = 600_000;
/** Invocations under way; more are told to come back. */
export const DEFAULT_INVOCATIONS_AT_ONCE = 4_096;
/** What runs when the server is stopped has so long to end. */
export const DEFAULT_DRAIN_MS = 10_000;

export const MAX_TOKENS = 256;
export const MAX_TOKEN_CHARS = 512;

export const DEFAULT_KEPT_TRACES = 2_000;
/** Spans of all kept traces. */
export const MAX_KEPT_SPANS = 200_000;
/** Invocations of each second that are traced whatever the load; then one in so many. */
export const TRACED_PER_SECOND = 50;
export const DEFAULT_TRACE_ONE_IN = 100;
/** Log entries and characters of one function, and functions that have logs. */
export const MAX_LOG_ENTRIES_PER_FUNCTION = 1_000;
export const MAX_LOG_CHARS_PER_FUNCTION = 1_048_576;
export const MAX_LOGGING_FUNCTIONS = 256;
/** Requests that wait for log entries. */
export const MAX_LOG_WAITERS = 256;
/** Functions and compositions with counters of their own; the others are counted together. */
export const MAX_COUNTED_NAMES = 1_000;

export const OTLP_BATCH_TRACES = 128;
export const OTLP_MAX_WAITING_TRACES = 2_048;
export const OTLP_INTERVAL_MS = 2_000;
export const OTLP_TIMEOUT_MS = 10_000;
/** Sampled lines of the access log: successes, one in so many. */
export const DEFAULT_ACCESS_LOG_ONE_IN = 100;
/** A client that goes on sending after it was refused has so long to read why. */
export const LINGER_MS = 2_000;
/** Small bodies are written as text (each character one byte), so that they go out with their head in one write. */
export const TEXT_BELOW_BYTES = 2_048;
/** Plans of compositions that are kept ready. */
export const MAX_KEPT_PLANS = 4_096;
