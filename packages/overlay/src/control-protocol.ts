/**
 * The control protocol between a member and its group's coordinator, version 1, over one byte stream.
 *
 *   member                                        coordinator
 *     │── preamble 'C', hello ─────────────────────────►│   wrong version, wrong group: reject
 *     │◄──────────────────────────────────── challenge ─│
 *     │── join (proof, wanted rank or resumption) ─────►│   wrong secret, full, duplicate …: reject
 *     │◄──────────── welcome (proof, rank, membership) ─│   the member checks the coordinator's proof
 *     │◄───────────────────────────────────── change * ─│
 *     │── barrier, withdraw ───────────────────────────►│
 *     │◄───────────────────────────────────── outcome * ─│
 *     │◄─────────────── heartbeat, both ways ──────────►│
 *     │── leave ───────────────────────────────────────►│
 *     │◄──────────────────────────────────── farewell ──│   and the end; also after an eviction
 *
 * Frames (`frame-channel.ts`): u32 length, then JSON with exactly the fields below.
 *
 *   from  type       fields                                            limit
 *   m     hello      group, instance, nonce                            4 KiB
 *   c     challenge  nonce                                             4 KiB
 *   m     join       proof, session, attempt, wantRank, port, resume   4 KiB
 *   c     welcome    proof, rank, generation, size, address, news,     1 MiB
 *                    heartbeatMs, suspectMs
 *   c     reject     reason, detail                                    4 KiB; fixed over all versions
 *   c     change     change (joined or left, with its revision)        1 MiB
 *   m     barrier    request, name, timeoutMs
 *   m     withdraw   request
 *   c     outcome    request, missing (empty: released)
 *   both  heartbeat
 *   m     leave      reason, detail
 *   c     farewell   reason, detail
 *
 * Proofs: HMAC with the group's secret over role, version, group, instance and both nonces (`secret.ts`).
 * What follows the handshake is neither encrypted nor signed: the secret keeps strangers out, not those who can
 * change packets on the way.
 *
 * Life of a seat. A *session* is a random name that the member keeps over all its connections. A join with the
 * session of a seated member takes the seat over (`attempt` counts up, so that an older join that arrives late
 * does not): so a lost welcome costs nothing. A connection that *breaks* leaves `graceMs` to resume; a connection
 * that *ends* without `leave` is a process that died, since the kernel closes its sockets: lost at once. Nothing
 * heard for `silenceMs`: lost. A resuming member says which revision it knows and gets the changes since, or a
 * snapshot when those are forgotten. The coordinator takes it out of all barriers, and it enters those again in
 * which it still waits; an outcome that it missed comes again, for a request keeps its number.
 */
import { parseGeneration, parseGroupId, parseInstanceId, parseRank, type Generation, type GroupId, type InstanceId, type Rank } from '@pappus/core';
import type { Address, LeaveReason, Member, MembershipChange } from './group.ts';
import { MAX_DETAIL_CHARS, MAX_GROUP_SIZE, MAX_HISTORY, MAX_NAME_CHARS, MAX_PORT } from './limits.ts';
import { PROTOCOL_VERSION } from './preamble.ts';
import { NONCE_BYTES, PROOF_BYTES } from './secret.ts';
import { hex, list, nullable, oneOf, parsed, record, tagged, text, whole, type Shape } from './shape.ts';

export const SESSION_BYTES = 16;

const REJECT_REASONS = ['wrong-secret', 'wrong-version', 'wrong-group', 'full', 'duplicate', 'rank-taken', 'no-such-rank', 'superseded', 'lost', 'ended'] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export interface BarrierRequest {
  readonly request: number;
  readonly name: string;
  readonly timeoutMs: number;
}

export interface Resumption {
  readonly rank: Rank;
  readonly generation: Generation;
  readonly revision: number;
}

export interface Snapshot {
  readonly revision: number;
  readonly members: readonly Member[];
}

/** What a member does not know yet: everything, or what changed since its revision. */
export type News = { readonly kind: 'snapshot'; readonly snapshot: Snapshot } | { readonly kind: 'changes'; readonly changes: readonly MembershipChange[] };

export interface Hello {
  readonly type: 'hello';
  readonly group: GroupId;
  readonly instance: InstanceId;
  readonly nonce: string;
}

export interface Join {
  readonly type: 'join';
  readonly proof: string;
  readonly session: string;
  readonly attempt: number;
  readonly wantRank: Rank | null;
  /** The port on which the member takes streams. */
  readonly port: number;
  readonly resume: Resumption | null;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly proof: string;
  readonly rank: Rank;
  readonly generation: Generation;
  readonly size: number;
  /** The member as the coordinator sees it: the host that its connection came from. */
  readonly address: Address;
  readonly news: News;
  readonly heartbeatMs: number;
  readonly suspectMs: number;
}

export interface Challenge {
  readonly type: 'challenge';
  readonly nonce: string;
}

export interface Reject {
  readonly type: 'reject';
  readonly reason: RejectReason;
  readonly detail: string;
}

export interface Parting {
  readonly reason: LeaveReason;
  readonly detail: string;
}

export type MemberMessage =
  | ({ readonly type: 'barrier' } & BarrierRequest)
  | { readonly type: 'withdraw'; readonly request: number }
  | { readonly type: 'heartbeat' }
  | ({ readonly type: 'leave' } & Parting);

export type CoordinatorMessage =
  | { readonly type: 'change'; readonly change: MembershipChange }
  | { readonly type: 'outcome'; readonly request: number; readonly missing: readonly Rank[] }
  | { readonly type: 'heartbeat' }
  | ({ readonly type: 'farewell' } & Parting);

/** What both proofs of a control handshake cover. */
export const controlFacts = (hello: Hello, challenge: Challenge): readonly (string | number)[] => [
  PROTOCOL_VERSION,
  hello.group,
  hello.instance,
  hello.nonce,
  challenge.nonce,
];

const MAX_COUNT = 0xffff_ffff;
const count = whole(MAX_COUNT);
const detail = text(MAX_DETAIL_CHARS);
const rank: Shape<Rank> = parsed(parseRank);
const generation: Shape<Generation> = parsed(parseGeneration);
const leaveReason: Shape<LeaveReason> = oneOf('finished', 'failed', 'lost', 'evicted');
const address: Shape<Address> = record<Address>({ host: text(MAX_NAME_CHARS), port: whole(MAX_PORT) });
const member: Shape<Member> = record<Member>({ rank, generation, id: parsed(parseInstanceId), address });
const change: Shape<MembershipChange> = tagged('kind', {
  joined: record({ kind: oneOf('joined'), revision: count, member }),
  left: record({ kind: oneOf('left'), revision: count, member, reason: leaveReason, detail }),
});
const snapshot: Shape<Snapshot> = record<Snapshot>({ revision: count, members: list(member, MAX_GROUP_SIZE) });
const news: Shape<News> = tagged('kind', {
  snapshot: record({ kind: oneOf('snapshot'), snapshot }),
  changes: record({ kind: oneOf('changes'), changes: list(change, MAX_HISTORY) }),
});
const barrierFields = { request: count, name: text(MAX_NAME_CHARS), timeoutMs: count };
const resumption: Shape<Resumption> = record<Resumption>({ rank, generation, revision: count });

export const helloShape: Shape<Hello> = record<Hello>({ type: oneOf('hello'), group: parsed(parseGroupId), instance: parsed(parseInstanceId), nonce: hex(NONCE_BYTES) });

export const joinShape: Shape<Join> = record<Join>({
  type: oneOf('join'),
  proof: hex(PROOF_BYTES),
  session: hex(SESSION_BYTES),
  attempt: count,
  wantRank: nullable(rank),
  port: whole(MAX_PORT),
  resume: nullable(resumption),
});

const reject: Shape<Reject> = record<Reject>({ type: oneOf('reject'), reason: oneOf(...REJECT_REASONS), detail });

export const challengeShape: Shape<Challenge | Reject> = tagged('type', {
  challenge: record<Challenge>({ type: oneOf('challenge'), nonce: hex(NONCE_BYTES) }),
  reject,
});

export const welcomeShape: Shape<Welcome | Reject> = tagged('type', {
  welcome: record<Welcome>({
    type: oneOf('welcome'),
    proof: hex(PROOF_BYTES),
    rank,
    generation,
    size: whole(MAX_GROUP_SIZE),
    address,
    news,
    heartbeatMs: count,
    suspectMs: count,
  }),
  reject,
});

export const memberMessageShape: Shape<MemberMessage> = tagged('type', {
  barrier: record({ type: oneOf('barrier'), ...barrierFields }),
  withdraw: record({ type: oneOf('withdraw'), request: count }),
  heartbeat: record({ type: oneOf('heartbeat') }),
  leave: record({ type: oneOf('leave'), reason: leaveReason, detail }),
});

export const coordinatorMessageShape: Shape<CoordinatorMessage> = tagged('type', {
  change: record({ type: oneOf('change'), change }),
  outcome: record({ type: oneOf('outcome'), request: count, missing: list(rank, MAX_GROUP_SIZE) }),
  heartbeat: record({ type: oneOf('heartbeat') }),
  farewell: record({ type: oneOf('farewell'), reason: leaveReason, detail }),
});
