/** Both sides of the control protocol's handshake (`control-protocol.ts`). */
import { AppError, randomHex, type ErrorCode, type GroupId, type InstanceId, type Random } from '@pappus/core';
import {
  challengeShape,
  controlFacts,
  helloShape,
  joinShape,
  welcomeShape,
  type Challenge,
  type Hello,
  type Join,
  type Reject,
  type RejectReason,
  type Welcome,
} from './control-protocol.ts';
import type { FrameChannel } from './frame-channel.ts';
import { MAX_CONTROL_FRAME_BYTES, MAX_DETAIL_CHARS, MAX_HANDSHAKE_FRAME_BYTES } from './limits.ts';
import { decodePreamble, encodePreamble, PREAMBLE_BYTES, PROTOCOL_VERSION } from './preamble.ts';
import { isProven, NONCE_BYTES, prove, type GroupSecret } from './secret.ts';
import type { Shape } from './shape.ts';

/** The coordinator's refusal. Trying again does not help, unless it was superseded. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly reason: RejectReason;
  readonly detail: string;

  constructor(reason: RejectReason, detail: string) {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

const CODES: Readonly<Record<RejectReason, ErrorCode>> = {
  'wrong-secret': 'permission-denied',
  'wrong-version': 'unsupported',
  'wrong-group': 'not-found',
  full: 'resource-exhausted',
  duplicate: 'invalid-argument',
  'rank-taken': 'invalid-argument',
  'no-such-rank': 'invalid-argument',
  superseded: 'unavailable',
  lost: 'worker-lost',
  ended: 'unavailable',
};

const HINTS: Partial<Record<RejectReason, string>> = {
  'wrong-secret': 'Give every member the secret with which the coordinator was started.',
  'wrong-version': 'Run the same release of Pappus on all sides.',
  full: 'Start the group with a larger size, or fewer members.',
};

export function rejectionError({ reason, detail }: Rejection): AppError {
  const hint = HINTS[reason];
  return new AppError(CODES[reason], `the coordinator rejected the member (${reason}): ${detail}`, hint === undefined ? {} : { hint });
}

export interface Secrets {
  readonly group: GroupId;
  readonly secret: GroupSecret;
  readonly random: Random;
}

export interface Applicant {
  readonly hello: Hello;
  readonly challenge: Challenge;
  readonly join: Join;
}

/** The coordinator's side up to the proof. Throws a `Rejection` to be sent, or an AppError for what is no member at all. */
export async function receiveApplicant(channel: FrameChannel, { group, secret, random }: Secrets): Promise<Applicant> {
  const version = decodePreamble(await channel.receiveBytes(PREAMBLE_BYTES), 'control');
  if (version !== PROTOCOL_VERSION) throw new Rejection('wrong-version', `the member speaks version ${version}, the coordinator ${PROTOCOL_VERSION}`);
  const hello = await expect(channel, helloShape, MAX_HANDSHAKE_FRAME_BYTES);
  if (hello.group !== group) throw new Rejection('wrong-group', `this coordinator does not serve group ${hello.group}`);
  const challenge: Challenge = { type: 'challenge', nonce: randomHex(random, NONCE_BYTES) };
  channel.send(challenge);
  const join = await expect(channel, joinShape, MAX_HANDSHAKE_FRAME_BYTES);
  if (isProven(join.proof, secret, 'member', controlFacts(hello, challenge))) return { hello, challenge, join };
  throw new Rejection('wrong-secret', 'the proof of the secret is wrong');
}

export const coordinatorProof = ({ hello, challenge }: Applicant, secret: GroupSecret): string => prove(secret, 'coordinator', controlFacts(hello, challenge));

export const rejectMessage = ({ reason, detail }: Rejection): Reject => ({ type: 'reject', reason, detail: detail.slice(0, MAX_DETAIL_CHARS) });

/** The member's side. Throws a `Rejection`, or `permission-denied` for a coordinator that does not know the secret. */
export async function applyForSeat(
  channel: FrameChannel,
  { group, secret, random }: Secrets,
  instance: InstanceId,
  application: Omit<Join, 'type' | 'proof'>,
): Promise<Welcome> {
  const hello: Hello = { type: 'hello', group, instance, nonce: randomHex(random, NONCE_BYTES) };
  channel.sendBytes(encodePreamble('control'));
  channel.send(hello);
  const challenge = notRejected(await expect(channel, challengeShape, MAX_HANDSHAKE_FRAME_BYTES));
  const facts = controlFacts(hello, challenge);
  channel.send({ type: 'join', proof: prove(secret, 'member', facts), ...application } satisfies Join);
  const welcome = notRejected(await expect(channel, welcomeShape, MAX_CONTROL_FRAME_BYTES));
  if (isProven(welcome.proof, secret, 'coordinator', facts)) return welcome;
  throw new AppError('permission-denied', 'the coordinator could not prove that it knows the group secret', {
    hint: 'Check the coordinator address: something else answers there.',
  });
}

function notRejected<T extends { readonly type: string }>(message: T | Reject): T {
  if (message.type !== 'reject') return message as T;
  const { reason, detail } = message as Reject;
  throw new Rejection(reason, detail);
}

async function expect<T>(channel: FrameChannel, shape: Shape<T>, maxBytes: number): Promise<T> {
  const message = await channel.receive(shape, maxBytes);
  if (message !== null) return message;
  throw new AppError('unavailable', 'the other side ended the connection during the handshake', { retryable: true });
}
