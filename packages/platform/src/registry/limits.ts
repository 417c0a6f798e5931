/** Limits of the registry. */

export const MAX_NAME_CHARS = 128;
/** Functions and compositions together. */
export const MAX_NAMES = 100_000;
/** Nothing is dropped by itself: whoever reaches it removes versions that are not needed. */
export const MAX_VERSIONS_PER_NAME = 1_000;
/** Of original code, and of a prepared module. */
export const MAX_CODE_BYTES: number = 64 * 1024 * 1024;
export const MAX_SOURCE_BYTES: number = 4 * 1024 * 1024;
/** Compositions of one source text. */
export const MAX_COMPOSITIONS_PER_SOURCE = 1_000;
/** Input or output sets of one function. */
export const MAX_SETS = 256;
/** Changes that wait for their turn. */
export const MAX_PENDING_CHANGES = 1_024;

/** The shortest hash that a reference may be cut to. */
export const MIN_HASH_PREFIX_CHARS = 8;
/** Candidates that the error of an ambiguous hash names; callers that a refusal names. */
export const MAX_NAMED_IN_ERROR = 20;

/** Names looked at to suggest one for a mistyped one: strangers may mistype as often as they like. */
export const MAX_NAMES_COMPARED = 1_000;

/** Prepared modules kept in memory. */
export const DEFAULT_MODULE_CACHE_BYTES: number = 64 * 1024 * 1024;

/** One line of the journal: what is deployed at once. More is refused, and a longer line is damage. */
export const MAX_JOURNAL_LINE_BYTES: number = 64 * 1024 * 1024;
export const JOURNAL_READ_BYTES: number = 1024 * 1024;
/** Written in pieces, so that a long journal does not hold up invocations. */
export const JOURNAL_WRITE_BYTES: number = 256 * 1024;
/** The journal is rewritten when it has this many lines more than twice what is registered. */
export const JOURNAL_SPARE_LINES = 1_000;

/** What was removed can be loaded so long by invocations that began before. */
export const REMOVAL_GRACE_MS = 60_000;
/** Damaged journals that are kept aside. */
export const MAX_DAMAGED_JOURNALS = 8;
