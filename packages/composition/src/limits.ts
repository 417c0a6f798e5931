/** Limits of `composition`: what a text may hold, and how much is said about one that is wrong. */

/** UTF-8 bytes of one module. */
export const MAX_SOURCE_BYTES = 1_048_576;
export const MAX_NAME_CHARS = 128;
/** Declarations and compositions of one module. */
export const MAX_ITEMS = 4_096;
/** Inputs, and outputs, of one function or composition. */
export const MAX_SETS_OF_FUNCTION = 256;
/** Applications of one composition; flattening stops before it makes more. */
export const MAX_APPLICATIONS = 4_096;
/** Sets of one composition. */
export const MAX_SETS = 16_384;
/** Compositions inside each other that flattening and the search for recursion follow. */
export const MAX_NESTING = 64;
/** Diagnostics of one module; the last one says that there are more. */
export const MAX_DIAGNOSTICS = 50;
/** Names that are looked at for a suggestion. */
export const MAX_SUGGESTION_CANDIDATES = 1_000;
/** Characters of a source line that a rendered diagnostic shows. */
export const MAX_SHOWN_LINE_CHARS = 120;
