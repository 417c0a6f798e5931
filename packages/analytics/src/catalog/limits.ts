/** Limits of the catalog. */

export const MAX_TABLE_FILES = 10_000;
/** Objects that one `s3://` location may list, tables or not. */
export const MAX_LISTED_OBJECTS = 200_000;
/** What the first read of an object's end brings; most footers are shorter. */
export const FOOTER_GUESS_BYTES: number = 64 * 1024;
export const MAX_FOOTER_BYTES: number = 64 * 1024 * 1024;
/** Footers that are read from an object store at the same time. */
export const FOOTER_READS = 32;
/** Disk space of cached footers; the oldest go first. */
export const DEFAULT_FOOTER_CACHE_BYTES: number = 256 * 1024 * 1024;
