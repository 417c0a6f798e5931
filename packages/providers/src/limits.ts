/** Limits and times of `providers`. */

/** What is kept of an instance's output: its last words. */
export const MAX_LAST_WORDS_BYTES = 8_192;
/** How often the memory of local instances is measured. */
export const MEMORY_SAMPLE_MS = 50;
/** Below this a Node process does not start. */
export const MIN_MEMORY_BYTES: number = 64 * 1024 * 1024;
/** The share of an instance's memory that V8's old generation may fill; the rest is for buffers, native code and stacks. */
export const HEAP_SHARE = 0.6;
/** How long an instance may take to follow SIGTERM before SIGKILL. */
export const STOP_GRACE_MS = 1_000;
/** How long the output of an ended instance may stay open in a process that it left behind. */
export const OUTPUT_GRACE_MS = 250;
/** How long the reaper may take to end when its provider stops. */
export const REAPER_GRACE_MS = 1_000;
export const MAX_INSTANCES = 1_024;
/** Files outside of its folder that go with a provider. */
export const MAX_FILES_REMOVED = 64;
/** Stale run folders that one sweep removes. */
export const MAX_SWEPT_FOLDERS = 256;
