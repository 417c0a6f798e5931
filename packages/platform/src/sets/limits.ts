/** Limits of sets and items, wherever they cross a border: frames, file systems of runs, requests. */

export const MAX_SETS = 1_024;
/** Items of one frame, over all its sets. */
export const MAX_ITEMS = 1_048_576;
export const MAX_SET_NAME_BYTES = 255;
/** A name is a relative path: so long in all, and each part fits into a directory entry of any file system. */
export const MAX_ITEM_NAME_BYTES = 1_024;
export const MAX_NAME_PART_BYTES = 255;
export const MAX_NAME_PARTS = 32;
export const MAX_ITEM_BYTES = 0xffff_ffff;
/** A longer item of a body stays in the pieces in which it came. */
export const PIECED_FROM_BYTES = 131_072;
/** An item with fewer bytes is copied into its frame: one write of few buffers beats many small ones. */
export const COPY_BELOW_BYTES = 4_096;
