/** Limits and times of `overlay`. Every buffer, queue and wait of the package is bounded by a line of this file. */

/** Members of one group: a snapshot of so many must fit into a control frame. */
export const MAX_GROUP_SIZE = 1_024;
/** A frame of somebody who has not proved to know the group's secret. */
export const MAX_HANDSHAKE_FRAME_BYTES = 4_096;
export const MAX_CONTROL_FRAME_BYTES = 1_048_576;
/** Unsent control bytes of one connection; when there are more, it is reset and the member resumes on another. */
export const MAX_CONTROL_BACKLOG_BYTES = 4_194_304;
/** Connections at one listener that have not proved themselves yet; the oldest makes room for the next. */
export const MAX_PENDING_HANDSHAKES = 128;
/** Streams at one member that wait for their port's listener. */
export const MAX_PARKED_STREAMS = 256;
/** Open streams of one member, in both directions together. */
export const MAX_STREAMS = 4_096;
/** Membership changes that the coordinator keeps for members that resume. */
export const MAX_HISTORY = 1_024;
/** Barriers in which one member waits at a time. */
export const MAX_PENDING_BARRIERS = 64;
export const MAX_NAME_CHARS = 128;
export const MAX_DETAIL_CHARS = 2_048;
export const MIN_SECRET_CHARS = 16;
export const MAX_SECRET_CHARS = 256;
export const MAX_PORT = 65_535;
/** Kinds of incident that are counted before the oldest is forgotten. */
export const MAX_INCIDENT_KINDS = 256;
/** An incident of one kind from one host is logged once in this time; the next line says how often it happened. */
export const INCIDENT_INTERVAL_MS = 60_000;

/** Times that a test or a slow network may want to change. */
export interface Timing {
  readonly heartbeatMs: number;
  /** A member from which nothing came for so long is lost. */
  readonly silenceMs: number;
  /** How long a member whose control connection broke may take to come back. */
  readonly graceMs: number;
  /** A member that hears nothing for so long looks for a new control connection. */
  readonly suspectMs: number;
  /** A member that could not get a new control connection for so long gives the group up. */
  readonly giveUpMs: number;
  /** The first attempt at a control connection of a member that joins, and of one that resumes; each further one may take twice as long. */
  readonly joinAttemptMs: number;
  readonly resumeAttemptMs: number;
  /** A handshake, from accepted connection to proof. */
  readonly handshakeMs: number;
  /** How long a stream waits for its port's listener. */
  readonly listenWaitMs: number;
  /** How long `connect` waits for a rank that has not joined. */
  readonly connectWaitMs: number;
  /** How long after a barrier's deadline the coordinator may take to say who is missing. */
  readonly answerMs: number;
  /** How long a last message may take before its connection is cut. */
  readonly lingerMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
}

export const DEFAULT_TIMING: Timing = {
  heartbeatMs: 400,
  silenceMs: 2_500,
  graceMs: 1_000,
  suspectMs: 1_200,
  giveUpMs: 1_500,
  joinAttemptMs: 1_000,
  resumeAttemptMs: 300,
  handshakeMs: 3_000,
  listenWaitMs: 2_000,
  connectWaitMs: 30_000,
  answerMs: 500,
  lingerMs: 500,
  minBackoffMs: 20,
  maxBackoffMs: 500,
};
