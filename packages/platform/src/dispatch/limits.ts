/** Limits of `dispatch`. */

/** Invocations at once, over all compositions; one more is refused with `resource-exhausted`. */
export const MAX_INVOCATIONS = 4_096;
/** What one composition may take of these places, so that others find some left. */
export const MAX_SHARE_OF_INVOCATIONS = 0.75;
/** Runs that could start and have not, over all invocations; with more, no new invocation is taken. */
export const MAX_WAITING_RUNS = 1_048_576;
/** Runs of one invocation, nested compositions included. */
export const MAX_RUNS = 4_194_304;
/** Items of one set. */
export const MAX_ITEMS_PER_SET = 1_048_576;
/** Bytes of the intermediate sets that one invocation holds at once. */
export const MAX_LIVE_BYTES = 1_073_741_824;

/** Items that wait for a function which takes them one by one; with more, the function that makes them pauses. */
export const STREAM_WINDOW = 64;
/** Applications in a row that take items as they come; the next one waits for the whole set. */
export const MAX_STREAM_DEPTH = 256;
/** Runs of one nested composition that are under way at once. */
export const MAX_CHILDREN = 32;
/** Compositions inside each other. */
export const MAX_NESTING = 64;
/** Steps of one segment; the engine takes more. */
export const MAX_SEGMENT_STEPS = 128;
/** Runs that a step of a segment may be on one thread, where the head of the segment is one of many runs. */
export const SPREAD_FAN_OUT = 1_024;

/** Tasks at the engine for each thread: few long ones, so that order and fairness have effect, or many short ones. */
export const MIN_TASKS_PER_THREAD = 4;
export const MAX_TASKS_PER_THREAD = 64;
/** Work at the engine for each thread that is aimed at, in µs. */
export const AHEAD_US = 2_000;
/** What a task takes as long as nothing is known of it, in µs. */
export const FIRST_ESTIMATE_US = 500;
export const MIN_IO_SLOTS = 1;
export const DEFAULT_IO_SLOTS = 64;
export const MAX_IO_SLOTS = 4_096;
/** Compositions whose share of the engine is remembered while they do nothing. */
export const MAX_IDLE_FLOWS = 1_024;

/** Plans that are kept. */
export const MAX_PLANS = 1_024;
/** Spans of one trace; the others are counted. */
export const MAX_SPANS = 4_096;
/** Item names that a failure tells. */
export const MAX_NAMES_IN_FAILURE = 8;

/** Deadlines are looked at no more often than this. */
export const DEADLINE_GRAIN_MS = 10;
export const MIN_RETRY_AFTER_MS = 100;
export const MAX_RETRY_AFTER_MS = 10_000;
/** Invocations under way have so long to end when the dispatcher is stopped. */
export const STOP_GRACE_MS = 5_000;
