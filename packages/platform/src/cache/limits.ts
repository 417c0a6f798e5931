/** Limits of kept results. */

export const DEFAULT_RESULT_CACHE_BYTES: number = 128 * 1024 * 1024;
/** A result of more than this part of the cache is not kept: it would push out too much. */
export const MAX_RESULT_FRACTION = 0.25;
/** What an entry, and an item in it, take besides their bytes and names. */
export const ENTRY_OVERHEAD_BYTES = 512;
export const ITEM_OVERHEAD_BYTES = 128;
/** Functions whose hits are counted one by one; those that come later only count in the sum. */
export const MAX_COUNTED_FUNCTIONS = 10_000;
