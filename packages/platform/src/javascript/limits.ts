/** Limits of JavaScript functions. What the user sets (memory, output) is in the function's own `FunctionLimits`. */

export const PAGE_BYTES = 65_536;

/**
 * Stack of the guest: some 1,100 nested calls. Each guest frame also takes up to twenty times as much of V8's own stack,
 * whose overflow the guest can't catch and whose depth depends on how far V8 has optimised. A thread made with
 * `resourceLimits.stackSizeMb: 8` never gets there first, whatever recurses; with the default of 4 deep parsing does.
 */
export const GUEST_STACK_BYTES: number = 256 * 1024;
/** Frames of the engine that go on below that before it looks: an order of magnitude more than has been seen. */
export const GUEST_STACK_SLACK_BYTES: number = 128 * 1024;

/** Most bytes of a bundle, source map included. */
export const MAX_BUNDLE_BYTES: number = 16 * 1024 * 1024;
/** Most bytes of a function's state after its top level, as the difference from an empty engine. */
export const MAX_IMAGE_BYTES: number = 64 * 1024 * 1024;

/** The engine itself, its built-ins and a little room: less memory than this runs nothing. */
export const MIN_MEMORY_BYTES: number = 2 * 1024 * 1024;
/** Collecting cycles waits until the heap is this share of what it may be: most runs end before. */
export const HEAP_SHARE_BEFORE_COLLECTING: number = 1 / 4;

/** Descriptions and data of a run's small items pass through buffers of this size that are there before it starts. */
export const MAILBOX_BYTES: number = 16 * 1024;
/** An item of at least so many bytes has a buffer of its own and is copied once, at the border. */
export const OWN_BUFFER_BYTES: number = 4 * 1024;

/** An instance that grew to more pages than the first stays for functions that need so many; beyond the second it goes. */
export const SMALL_INSTANCE_PAGES = 48;
export const MAX_KEPT_PAGES = 512;
/** After so many runs of small functions in a row the large instance goes. */
export const RUNS_BEFORE_LARGE_GOES = 256;

/** Runs of bytes that differ from the base are joined over gaps up to this: fewer copies, a little more to copy. */
export const IMAGE_GAP_BYTES = 512;

/** Most bytes that the guest may ask for in one call of `crypto.getRandomValues`, as the web's standard has it. */
export const MAX_RANDOM_BYTES = 65_536;
/** Most characters of an exception's message and of its stack that are kept. */
export const MAX_MESSAGE_CHARS = 4_096;
export const MAX_STACK_CHARS = 16_384;
