/** Opens direct streams to members: waits for the rank, dials, proves, hands over. NAT traversal will be another `Dialer`. */
import type { Duplex } from 'node:stream';
import { AppError, randomFraction, randomHex, sleep, systemCode, withDeadline, type Clock, type GroupId, type Random, type Rank } from '@pappus/core';
import { FrameChannel } from './frame-channel.ts';
import type { Address, Member } from './group.ts';
import { MAX_HANDSHAKE_FRAME_BYTES, type Timing } from './limits.ts';
import type { MemberView } from './membership.ts';
import type { Connection, Network } from './network.ts';
import { encodePreamble } from './preamble.ts';
import { isProven, NONCE_BYTES, prove, type GroupSecret } from './secret.ts';
import { acceptedShape, Refusal, refusalError, streamChallengeShape, streamFacts, type Open, type Refused, type StreamAnswer } from './stream-protocol.ts';
import type { StreamTable } from './stream-table.ts';

/** Gets a byte stream to a member. The only place that knows how a member is reached. */
export interface Dialer {
  dial(member: Member, signal: AbortSignal): Promise<Connection>;
}

/** The member's address as the coordinator saw it; itself a member reaches where it listens, since a NAT may not lead back. */
export function directDialer(network: Network, self: Member, listening: Address): Dialer {
  const own: Address = { host: WILDCARDS.get(listening.host) ?? listening.host, port: listening.port };
  return { dial: (member, signal) => network.connect(member.rank === self.rank ? own : member.address, signal) };
}

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

export interface StreamDialerOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: Timing;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  readonly self: Member;
  readonly view: MemberView;
  readonly streams: StreamTable;
}

const MAX_DIALS = 4;

export class StreamDialer {
  readonly #options: StreamDialerOptions;

  constructor(options: StreamDialerOptions) {
    this.#options = options;
  }

  async connect(rank: Rank, port: number, signal: AbortSignal): Promise<Duplex> {
    const { clock, timing, group } = this.#options;
    const waitingFor = `rank ${rank} to join group ${group}`;
    const member = await withDeadline({ clock, timeoutMs: timing.connectWaitMs, waitingFor, signal }, (limited) => this.#present(rank, limited));
    return this.#whileMember(member, signal, (limited) => this.#dialWithRetries(member, port, limited));
  }

  /** The member at the rank, now or as soon as it joins. */
  #present(rank: Rank, signal: AbortSignal): Promise<Member> {
    const { view } = this.#options;
    const member = view.get(rank);
    if (member !== undefined) return Promise.resolve(member);
    return new Promise((resolve) => {
      const unsubscribe = view.subscribe((change) => {
        if (change.kind !== 'joined' || change.member.rank !== rank) return;
        unsubscribe();
        resolve(change.member);
      });
      signal.addEventListener('abort', unsubscribe, { once: true });
    });
  }

  /** Runs the operation; ends it with `worker-lost` when the member leaves first. */
  async #whileMember<T>(member: Member, signal: AbortSignal, operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const gone = new AbortController();
    const unsubscribe = this.#options.view.subscribe((change) => {
      if (change.kind !== 'left' || change.member.rank !== member.rank) return;
      gone.abort(new AppError('worker-lost', `rank ${member.rank} left the group (${change.reason}): ${change.detail}`, { retryable: true }));
    });
    try {
      return await operation(AbortSignal.any([signal, gone.signal]));
    } finally {
      unsubscribe();
    }
  }

  async #dialWithRetries(member: Member, port: number, signal: AbortSignal): Promise<Duplex> {
    const { clock, random, timing } = this.#options;
    for (let dials = 1; ; dials += 1) {
      try {
        return await this.#dial(member, port, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Refusal) throw refusalError(member.rank, error);
        if (!isTransient(error) || dials >= MAX_DIALS) throw unreachableMember(member, dials, error);
      }
      await sleep(clock, timing.minBackoffMs * 2 ** dials * (0.5 + 0.5 * randomFraction(random)), signal);
    }
  }

  async #dial(member: Member, port: number, signal: AbortSignal): Promise<Duplex> {
    const { clock, timing, dialer } = this.#options;
    const timeoutMs = timing.handshakeMs + timing.listenWaitMs;
    return withDeadline({ clock, timeoutMs, waitingFor: `rank ${member.rank} to take a stream on port ${port}`, signal }, async (limited) => {
      const connection = await dialer.dial(member, limited);
      const onAbort = (): void => connection.reset();
      limited.addEventListener('abort', onAbort, { once: true });
      try {
        const stream = await this.#handshake(connection, member, port);
        limited.throwIfAborted();
        return stream;
      } catch (error) {
        connection.reset();
        throw error;
      } finally {
        limited.removeEventListener('abort', onAbort);
      }
    });
  }

  async #handshake({ stream }: Connection, member: Member, port: number): Promise<Duplex> {
    const { group, secret, random, self, streams } = this.#options;
    const channel = new FrameChannel(stream);
    const party = ({ rank, generation }: Member): Open['from'] => ({ rank, generation });
    const open: Open = { type: 'open', group, from: party(self), to: party(member), port, nonce: randomHex(random, NONCE_BYTES) };
    channel.sendBytes(encodePreamble('stream'));
    channel.send(open);
    const challenge = notRefused(await channel.receive(streamChallengeShape, MAX_HANDSHAKE_FRAME_BYTES));
    const facts = streamFacts(open, challenge);
    channel.send({ type: 'answer', proof: prove(secret, 'dialer', facts) } satisfies StreamAnswer);
    const { proof } = notRefused(await channel.receive(acceptedShape, MAX_HANDSHAKE_FRAME_BYTES));
    if (!isProven(proof, secret, 'acceptor', facts)) throw new AppError('permission-denied', 'it could not prove that it knows the group secret');
    if (!streams.add(stream, member)) throw new AppError('resource-exhausted', 'this member has too many open streams');
    return channel.release();
  }
}

function notRefused<T extends { readonly type: string }>(message: T | Refused | null): T {
  if (message === null) throw new AppError('unavailable', 'it ended the connection during the handshake', { retryable: true });
  if (message.type !== 'refused') return message as T;
  const { reason, detail } = message as Refused;
  throw new Refusal(reason, detail);
}

/** Refused, reset or too slow: the next attempt may meet a better moment. */
function isTransient(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'unavailable';
  return systemCode(error) !== null;
}

function unreachableMember({ rank, address }: Member, dials: number, cause: unknown): AppError {
  if (cause instanceof AppError && cause.code !== 'unavailable') return new AppError(cause.code, `rank ${rank}: ${cause.message}`, { cause, retryable: cause.retryable });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError('unavailable', `rank ${rank} at ${address.host}:${address.port} could not be reached in ${dials} attempts: ${why}`, { cause, retryable: true });
}
