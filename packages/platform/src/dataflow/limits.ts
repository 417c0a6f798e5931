/** Limits of `dataflow`. */

/** Invocations that were accepted and have no result yet, nested ones not counted. */
export const MAX_INVOCATIONS = 16_384;
/** What a client is told to wait when there is no room. */
export const RETRY_AFTER_MS = 200;
/** Items of one set. */
export const MAX_SET_ITEMS = 1_000_000;
/** Runs of one application in one invocation. */
export const MAX_RUNS_PER_APPLICATION = 1_000_000;
/** Bytes of intermediate and output items of one invocation, and of all that it calls, that are alive at a time. */
export const MAX_LIVE_BYTES = 4_294_967_296;
/** Bytes on their way through one invocation whose source is told to pause; see `flow.ts`. */
export const MAX_QUEUED_BYTES = 67_108_864;
/** Bytes between the functions of one invocation, beyond which nothing new is begun as long as others get on. */
export const MAX_FLOWING_BYTES = 67_108_864;
/** Output bytes of one invocation that wait for its client, beyond which nothing new is begun. */
export const MAX_UNSENT_BYTES = 33_554_432;
/** Spans that one trace keeps. */
export const MAX_SPANS = 10_000;
/** Compositions that run inside one another; deeper ones are not deployed. */
export const MAX_INVOCATION_NESTING = 64;
/** Compositions that run at a time inside one invocation; with more, each of them calls one at a time. */
export const MAX_NESTED_AT_ONCE = 32;
/** Runs of I/O functions at a time, until a controller says otherwise. */
export const DEFAULT_IO_SLOTS = 256;
/** Tasks that the engine has at a time for each thread at most: enough to fill its batches, few enough for order and fairness. */
export const TASKS_PER_THREAD = 32;
/** Work, by estimate, that the engine has at a time for each thread, in µs; two tasks where they take up to `LONG_RUN_US`, and one that takes longer. */
export const AHEAD_US = 2_000;
export const LONG_RUN_US = 10_000;
/** What a task is taken to be as long as nothing is known of it, in µs: two for each thread. */
export const FIRST_ESTIMATE_US = 1_000;
/** Runs that wait for the same run of somebody else, or for a kept result, without a place on a thread. */
export const MAX_JOINED_RUNS = 4_096;
/** As many as there can be threads: a function that may run so often at once never runs more often, and may stay on the thread of the one before it. */
export const UNWATCHED_CONCURRENCY = 256;
/** Most items that one run's items make of a later step without being handed back. */
export const MAX_FAN_OUT_PER_ITEM = 4_096;
/** Partitions that `anyKeyed` and `anyEach` are divided into at most. */
export const ANY_PARTITIONS = 8;
/** A composition's turn: so much computing, or so long a run of an I/O function, in µs, before the next one's. */
export const QUANTUM_US = 1_000;
/** What a run costs that needs no thread, in µs: its result is kept, or is somebody else's. */
export const KEPT_RUN_US = 50;
/** What a run of an I/O function is taken to cost until it has ended, in µs: one in a turn. */
export const ESTIMATED_IO_US = 1_000;
/** Bytes that functions write and one invocation keeps; each entry counts a little besides. */
export const MAX_LOG_BYTES = 1_048_576;
export const LOG_ENTRY_BYTES = 64;
/** Functions whose runs are counted though none of them goes on. */
export const MAX_COUNTED_FUNCTIONS = 4_096;
