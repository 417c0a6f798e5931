/** Limits of modules: what is refused at registration, before anything is compiled for a run. */

export const PAGE_BYTES = 65_536;
export const MAX_MODULE_BYTES = 67_108_864;
export const MAX_FUNCTIONS = 200_000;
export const MAX_TYPES = 100_000;
export const MAX_IMPORTS = 1_000;
/** Of one function. An engine takes 7.6 million, and rewriting may make a function a little longer. */
export const MAX_BODY_BYTES = 7_000_000;
export const MAX_GLOBALS = 10_000;
/** Of the initial values of all globals: they become the body of one function. */
export const MAX_INITIAL_VALUE_BYTES = 1_048_576;
export const MAX_EXPORTS = 10_000;
export const MAX_TABLES = 16;
/** Entries of all tables at their start, and of one table ever: each has 24 bytes of the thread's heap. Compilers need some thousands. */
export const MAX_TABLE_ENTRIES = 65_536;
export const MAX_SEGMENTS = 100_000;
/** Places where a module asks for its memory's size or more of it. */
export const MAX_MEMORY_SITES = 100_000;
/** Instructions that work on a range of memory or of a table. */
export const MAX_BULK_SITES = 500_000;
/** A function with more of them can be interrupted before each. */
export const MAX_UNINTERRUPTED_BULK_SITES = 8;
/** A longer module is not marked: it would take long to compile once more, in the middle of a run. */
export const MAX_MARKED_MODULE_BYTES = 2_097_152;
/** The code of a module with more instructions that write to its memory, or with a longer body or more locals in one function, does not mark its writes: each mark has some 15 bytes. */
export const MAX_MARKED_WRITES = 500_000;
export const MAX_MARKED_BODY_BYTES = 524_288;
export const MAX_MARKED_LOCALS = 40_000;
/** A longer name section is dropped: traps then have no function names. */
export const MAX_NAME_SECTION_BYTES = 8_388_608;
export const MAX_PROBLEMS = 32;

/**
 * Pages that a module which may grow its memory gets besides its own, so that a small heap needs no growth of the
 * memory itself, which a kept instance could not take back. Each costs about 1 µs a run.
 */
export const HEADROOM_PAGES = 2;
/** More headroom for larger inputs: they have to fit somewhere, and clearing pages costs a tenth of new ones. */
export const LARGER_HEADROOMS: readonly number[] = [8, 32, 128, 512];
/** A module that begins with more pages gets a new memory for each run: it may touch few of them. */
export const MAX_RESTORED_PAGES = 256;

/** Tables with more entries that may change are not put back: each costs some 50 ns a run, and where they have no elements a new one costs less. */
export const MAX_RESTORED_ENTRIES = 1_024;

/** Memory is marked as written to, and made new, in blocks of so many bytes. */
export const BLOCK_BITS = 12;
export const BLOCK_BYTES: number = 1 << BLOCK_BITS;
/** Room for a mark of each block of the largest memory. */
export const MARK_PAGES: number = (65_536 * PAGE_BYTES) / BLOCK_BYTES / PAGE_BYTES;
