/** Limits of the core split, and of places that compositions share. */

/** The paper's. */
export const CONTROL_INTERVAL_MS = 30;
/** A queue that is longer than what its slots do in so many intervals counts as this long: nothing runs away. */
export const MAX_DRAIN_INTERVALS = 100;
/** As much growth in one interval counts; a burst is one sample, not a trend. */
export const MAX_GROWTH_INTERVALS = 10;

/** Of places that names share, one may hold so many times what is free. */
export const HELD_TO_FREE = 3;
