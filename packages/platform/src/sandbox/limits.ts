/** Limits of sandboxes, besides those of each function. */

/** Memories that a thread keeps for later: each reserves about 10 GiB of address space, of 128 TiB. */
export const MAX_POOLED_MEMORIES = 64;
export const MAX_POOLED_BYTES = 134_217_728;
/** A larger memory is not kept: its pages are worth more elsewhere. */
export const MAX_CLEARED_PAGES = 1_024;
/** How long a sandbox finds out whether marked code is faster (`trial-instances.ts`). */
export const PLAIN_RUNS = 1_024;
export const TRIAL_RUNS = 2_048;
/** Marked code has to need less than this share of the time: a busy machine makes small differences. */
export const MARKED_GAIN = 0.8;
/** How often the choice is made, and after how many runs for the second time; for each further time four times as many. */
export const MAX_TRIALS = 4;
export const RUNS_BETWEEN_TRIALS = 32_768;
/** Where a run takes longer, making a whole memory new is a small part of it. */
export const MAX_TRIAL_RUN_MS = 1;
/** Open files and folders of one run. */
export const MAX_DESCRIPTORS = 1_024;
/** Names that the open folders of one run have listed: as many as one frame has items. */
export const MAX_LISTED_NAMES = 1_048_576;
/** Folders that one run makes. */
export const MAX_FOLDERS = 10_000;
export const MAX_PATH_BYTES = 4_096;
/** Entries of argv, and of the environment, of one run. */
export const MAX_ARGUMENTS = 65_536;
/** Bytes of both together. */
export const MAX_ARGUMENT_BYTES = 1_048_576;
/** A module up to this size is compiled by the thread that opens it. */
export const COMPILED_HERE_BYTES = 65_536;
