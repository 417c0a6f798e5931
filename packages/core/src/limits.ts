/** Limits of `core`. */

/** A longer log line is cut. */
export const MAX_LOG_LINE_CHARS = 16_384;
