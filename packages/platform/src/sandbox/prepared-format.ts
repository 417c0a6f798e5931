/**
 * Counts what preparation makes of the same code, and what sandboxes want of it. Raise it with every change of either: modules of
 * another format are prepared again before they run (registry/current-modules.ts), so that a newer Pappus runs what an older one
 * registered, and never with an older one's isolation. 0: before formats were counted.
 */
export const PREPARED_FORMAT = 1;
