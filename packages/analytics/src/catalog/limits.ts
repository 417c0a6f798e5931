/** Limits of the catalog. */

export const MAX_TABLE_FILES = 10_000;
