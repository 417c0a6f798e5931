/** Limits of the exchange: every queue, buffer and message has one. */

/** The port, in the group's own numbering, on which a worker takes direct exchange connections. */
export const EXCHANGE_PORT = 7001;
/** A longer frame is the writer's mistake, or garbage. */
export const MAX_FRAME_BYTES: number = 64 * 1024 * 1024;
/** Payload of an OPEN or ABORT message. */
export const MAX_CONTROL_BYTES: number = 16 * 1024;
/** Bytes that a sender may send on one stream before the receiver has settled them. */
export const STREAM_WINDOW_BYTES: number = 1024 * 1024;
/** Credit is returned in pieces of at least this size. */
export const CREDIT_STEP_BYTES: number = STREAM_WINDOW_BYTES / 4;
/** Unsent bytes on one connection beyond which writers wait for the socket. */
export const SOCKET_HIGH_WATER_BYTES: number = 2 * 1024 * 1024;
/** Streams on one connection; a peer that opens more is cut off. */
export const MAX_STREAMS_PER_CONNECTION = 65_536;
/** Received frames that may wait in memory, over all edges of a worker, before they spill. */
export const DEFAULT_MEMORY_BUDGET_BYTES: number = 64 * 1024 * 1024;
/** Spilled bytes, over all edges of a worker, before senders are held back. */
export const DEFAULT_SPILL_BUDGET_BYTES: number = 8 * 1024 * 1024 * 1024;
/** Queries whose late messages are still recognised and dropped. */
export const MAX_ENDED_QUERIES = 1_024;
/** A connection to a peer must stand, and a silent new one must introduce itself, within this time. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** How long `stop` lets sockets drain. */
export const STOP_TIMEOUT_MS = 2_000;
/** A member that has left in good order may still have rows on the way; after this time they are missing. */
export const LEAVE_GRACE_MS = 1_000;

/** A store object's name carries the offsets of its parts up to this length; beyond it the object has a trailer. */
export const MAX_OFFSET_NAME_BYTES = 512;
/** A writer whose output grows beyond this puts it and begins another object; it bounds the spilled bytes. */
export const MAX_OBJECT_BYTES: number = 1024 * 1024 * 1024;
/** Objects that one producing fragment may write for one edge. */
export const MAX_OBJECTS_PER_PRODUCER = 1_024;
/** Rows that a store writer holds in memory before they spill. */
export const DEFAULT_WRITE_BUFFER_BYTES: number = 32 * 1024 * 1024;
/** Bytes that a store reader fetches ahead. */
export const DEFAULT_READ_AHEAD_BYTES: number = 32 * 1024 * 1024;
/** One range read is at most this long. */
export const MAX_SLICE_BYTES: number = 8 * 1024 * 1024;
/** Range reads of one reader that are on the way at the same time. */
export const MAX_CONCURRENT_READS = 16;
