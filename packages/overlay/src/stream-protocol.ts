/**
 * The handshake in front of a direct stream between two members, version 1. Behind it the connection is the
 * program's own: not one more byte is added, looked at or moved by us.
 *
 *   dialer                                        acceptor
 *     │── preamble 'S', open (from, to, port, nonce) ──►│   wrong version or group, stale rank: refused
 *     │◄───────────────────────────── challenge (nonce) ─│
 *     │── answer (proof) ──────────────────────────────►│   wrong secret: refused; then waits for a listener
 *     │◄──────────────── accepted (proof), or refused ───│   the dialer checks the acceptor's proof
 *     │◄═══════════════ the program's bytes ═══════════►│   the acceptor's may come right behind `accepted`
 *
 * Frames as in the control protocol, each at most 4 KiB; the whole handshake ends within `handshakeMs`, plus
 * `listenWaitMs` when nobody listens on the port yet. Ranks travel with their generation: a member that was
 * replaced can neither be reached under its rank nor pass for its successor.
 */
import { AppError, parseGeneration, parseGroupId, parseRank, type ErrorCode, type Generation, type GroupId, type Rank } from '@pappus/core';
import { MAX_DETAIL_CHARS, MAX_PORT } from './limits.ts';
import { PROTOCOL_VERSION } from './preamble.ts';
import { NONCE_BYTES, PROOF_BYTES } from './secret.ts';
import { hex, oneOf, parsed, record, tagged, text, whole, type Shape } from './shape.ts';

/** A member at a time. */
export interface Party {
  readonly rank: Rank;
  readonly generation: Generation;
}

export interface Open {
  readonly type: 'open';
  readonly group: GroupId;
  readonly from: Party;
  readonly to: Party;
  readonly port: number;
  readonly nonce: string;
}

export interface StreamChallenge {
  readonly type: 'challenge';
  readonly nonce: string;
}

export interface StreamAnswer {
  readonly type: 'answer';
  readonly proof: string;
}

const REFUSALS = ['wrong-secret', 'wrong-version', 'wrong-group', 'stale', 'nobody-listens', 'overloaded'] as const;
export type RefusalReason = (typeof REFUSALS)[number];

export interface Refused {
  readonly type: 'refused';
  readonly reason: RefusalReason;
  readonly detail: string;
}

export interface Accepted {
  readonly type: 'accepted';
  readonly proof: string;
}

/** The acceptor's refusal, thrown on both sides. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalReason;
  readonly detail: string;

  constructor(reason: RefusalReason, detail: string) {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

const CODES: Readonly<Record<RefusalReason, ErrorCode>> = {
  'wrong-secret': 'permission-denied',
  'wrong-version': 'unsupported',
  'wrong-group': 'not-found',
  stale: 'worker-lost',
  'nobody-listens': 'unavailable',
  overloaded: 'resource-exhausted',
};

export function refusalError(rank: Rank, { reason, detail }: Refusal): AppError {
  const retryable = reason === 'nobody-listens' || reason === 'overloaded' || reason === 'stale';
  return new AppError(CODES[reason], `rank ${rank} refused the stream (${reason}): ${detail}`, { retryable });
}

/** What both proofs of a stream's handshake cover. */
export const streamFacts = ({ group, from, to, port, nonce }: Open, challenge: StreamChallenge): readonly (string | number)[] => [
  PROTOCOL_VERSION,
  group,
  from.rank,
  from.generation,
  to.rank,
  to.generation,
  port,
  nonce,
  challenge.nonce,
];

const party: Shape<Party> = record<Party>({ rank: parsed(parseRank), generation: parsed(parseGeneration) });
const refused: Shape<Refused> = record<Refused>({ type: oneOf('refused'), reason: oneOf(...REFUSALS), detail: text(MAX_DETAIL_CHARS) });

export const openShape: Shape<Open> = record<Open>({
  type: oneOf('open'),
  group: parsed(parseGroupId),
  from: party,
  to: party,
  port: whole(MAX_PORT),
  nonce: hex(NONCE_BYTES),
});

export const streamChallengeShape: Shape<StreamChallenge | Refused> = tagged('type', {
  challenge: record<StreamChallenge>({ type: oneOf('challenge'), nonce: hex(NONCE_BYTES) }),
  refused,
});

export const streamAnswerShape: Shape<StreamAnswer> = record<StreamAnswer>({ type: oneOf('answer'), proof: hex(PROOF_BYTES) });

export const acceptedShape: Shape<Accepted | Refused> = tagged('type', {
  accepted: record<Accepted>({ type: oneOf('accepted'), proof: hex(PROOF_BYTES) }),
  refused,
});
