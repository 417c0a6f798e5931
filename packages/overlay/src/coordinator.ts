/**
 * The one member of a group that everybody can reach (the paper's seed): admits or rejects, assigns ranks, streams
 * membership, runs barriers, notices losses. It carries control messages only, never a program's bytes.
 * The protocol stands in `control-protocol.ts`; the decisions in `roster.ts` and `barrier-table.ts`.
 */
import { AppError, withDeadline, type Clock, type GroupId, type Logger, type Random, type Rank, type Timer } from '@pappus/core';
import { BarrierTable, type BarrierOutcome } from './barrier-table.ts';
import { coordinatorProof, receiveApplicant, Rejection, rejectMessage, type Applicant } from './control-handshake.ts';
import type { BarrierRequest, MemberMessage, Welcome } from './control-protocol.ts';
import { FrameChannel } from './frame-channel.ts';
import type { Address, LeaveReason, Member, Membership, MembershipChange } from './group.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { DEFAULT_TIMING, MAX_DETAIL_CHARS, MAX_PENDING_BARRIERS, type Timing } from './limits.ts';
import type { Connection, Listener, Network } from './network.ts';
import { Roster } from './roster.ts';
import { endGently, SeatLink, type LinkEnd } from './seat-link.ts';
import type { GroupSecret } from './secret.ts';

export interface CoordinatorOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  /** The ranks are 0 to size - 1. */
  readonly size: number;
  readonly listen: Address;
  readonly timing?: Partial<Timing>;
}

/** Starts a coordinator. It listens when the promise resolves. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const coordinator = new Coordinator(options);
  await coordinator.start(options.listen);
  return coordinator;
}

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #timing: Timing;
  readonly #roster: Roster;
  readonly #barriers: BarrierTable;
  readonly #gate: HandshakeGate;
  readonly #links = new Map<Rank, SeatLink>();
  /** Members whose connection broke and that may still come back. */
  readonly #grace = new Map<Rank, Timer>();
  readonly #deadlines = new Map<string, Timer>();
  #listener: Listener | null = null;
  #stopped = false;

  constructor(options: CoordinatorOptions) {
    const { clock, size } = options;
    const logger = options.logger.child({ group: options.group });
    this.#options = { ...options, logger };
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#roster = new Roster(size);
    this.#roster.view.subscribe((change) => this.#announce(change)); // before anybody else can, so that all links see the changes in order
    this.#barriers = new BarrierTable(this.#roster.ranks());
    this.#gate = new HandshakeGate({ clock, logger, timeoutMs: this.#timing.handshakeMs, what: 'control connection' });
  }

  async start(listen: Address): Promise<void> {
    this.#listener = await this.#options.network.listen(listen, (connection) => void this.#accept(connection));
  }

  /** Where it listens. Behind a wildcard such as 0.0.0.0, members need an address of the machine instead. */
  get address(): Address {
    if (this.#listener === null) throw new AppError('unavailable', 'the coordinator does not listen');
    return this.#listener.address;
  }

  get members(): Membership {
    return this.#roster.view;
  }

  missing(): readonly Rank[] {
    return this.#roster.missing();
  }

  /** Resolves when every rank is taken; at the deadline the error lists those that are not. */
  async full(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { clock, group } = this.#options;
    const waiting = new Promise<void>((resolve) => {
      if (this.missing().length === 0) return resolve();
      const unsubscribe = this.members.subscribe(() => {
        if (this.missing().length > 0) return;
        unsubscribe();
        resolve();
      });
      signal?.addEventListener('abort', unsubscribe, { once: true });
    });
    try {
      await withDeadline({ clock, timeoutMs, waitingFor: `the members of group ${group}`, signal }, () => waiting);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const message = `after ${timeoutMs} ms these ranks of group ${group} had not joined: ${this.missing().join(', ')}`;
      throw new AppError('deadline-exceeded', message, { cause: error, retryable: true });
    }
  }

  /** Ends a membership: `lost` when the owner knows that the instance died, `evicted` otherwise. Nothing when the rank is empty. */
  evict(rank: Rank, detail: string, reason: LeaveReason = 'evicted'): void {
    this.#remove(rank, reason, detail);
  }

  /** Idempotent. Says farewell to all members and stops listening. */
  async stop(reason: LeaveReason = 'finished', detail = 'the group was ended'): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#listener?.close();
    this.#gate.close();
    for (const link of this.#links.values()) link.close({ reason, detail });
    for (const timer of [...this.#grace.values(), ...this.#deadlines.values()]) timer.cancel();
    this.#links.clear();
    this.#grace.clear();
    this.#deadlines.clear();
  }

  async #accept(connection: Connection): Promise<void> {
    const { random, group, secret, clock } = this.#options;
    const channel = new FrameChannel(connection.stream);
    await this.#gate.run(connection, async () => {
      try {
        this.#seat(connection, channel, await receiveApplicant(channel, { group, secret, random }));
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        channel.send(rejectMessage(error));
        endGently(connection, clock, this.#timing.lingerMs);
        this.#gate.report(`rejected a member: ${error.reason}`, connection, error.detail);
      }
    });
  }

  #seat(connection: Connection, channel: FrameChannel, applicant: Applicant): void {
    if (this.#stopped) throw new Rejection('ended', 'the group was ended');
    const { hello, join } = applicant;
    const address: Address = { host: connection.remote.host, port: join.port };
    const admission = this.#roster.admit({ ...join, instance: hello.instance, address });
    if (admission.kind === 'rejected') throw new Rejection(admission.reason, admission.detail);
    const { member } = admission;
    if (this.members.get(member.rank) !== member) throw new Rejection('lost', `rank ${member.rank} was evicted as it joined`);
    this.#grace.get(member.rank)?.cancel();
    this.#grace.delete(member.rank);
    this.#links.get(member.rank)?.abandon();
    this.#cancelDeadlines(member.rank);
    this.#barriers.suspend(member.rank);
    channel.send(this.#welcome(applicant, member));
    this.#link(member, connection, channel);
    this.#options.logger.log('info', `a member ${admission.kind === 'admitted' ? 'joined' : 'resumed'}`, { rank: member.rank, generation: member.generation });
  }

  #link(member: Member, connection: Connection, channel: FrameChannel): void {
    const { clock, logger } = this.#options;
    const link: SeatLink = new SeatLink({
      member,
      connection,
      channel,
      clock,
      logger: logger.child({ rank: member.rank }),
      timing: this.#timing,
      onMessage: (message) => this.#handle(member, message),
      onEnd: (end, detail) => this.#onLinkEnd(member, end, detail),
    });
    this.#links.set(member.rank, link);
  }

  #welcome(applicant: Applicant, { rank, generation, address }: Member): Welcome {
    const { heartbeatMs, suspectMs } = this.#timing;
    const news = this.#roster.newsSince(applicant.join.resume?.revision ?? null);
    return { type: 'welcome', proof: coordinatorProof(applicant, this.#options.secret), rank, generation, size: this.#roster.size, address, news, heartbeatMs, suspectMs };
  }

  #handle(member: Member, message: MemberMessage): void {
    switch (message.type) {
      case 'heartbeat':
        return;
      case 'barrier':
        return this.#enter(member, message);
      case 'withdraw':
        this.#cancelDeadline(member.rank, message.request);
        return this.#barriers.withdraw(member.rank, message.request);
      case 'leave':
        return this.#remove(member.rank, message.reason, message.detail);
    }
  }

  #onLinkEnd({ rank }: Member, end: LinkEnd, detail: string): void {
    this.#links.delete(rank);
    if (end !== 'broken') return this.#remove(rank, 'lost', detail);
    const { graceMs } = this.#timing;
    const giveUp = (): void => this.#remove(rank, 'lost', `${detail}; it did not come back within ${graceMs} ms`);
    this.#grace.set(rank, this.#options.clock.schedule(graceMs, giveUp, { background: true }));
  }

  #remove(rank: Rank, reason: LeaveReason, detail: string): void {
    if (this.members.get(rank) === undefined) return;
    const link = this.#links.get(rank);
    this.#links.delete(rank);
    this.#roster.remove(rank, reason, detail.slice(0, MAX_DETAIL_CHARS));
    this.#options.logger.log(reason === 'finished' ? 'info' : 'warn', 'a member left', { rank, reason, detail });
    this.#grace.get(rank)?.cancel();
    this.#grace.delete(rank);
    this.#barriers.drop(rank);
    this.#cancelDeadlines(rank);
    link?.close({ reason, detail: detail.slice(0, MAX_DETAIL_CHARS) });
  }

  #announce(change: MembershipChange): void {
    for (const link of this.#links.values()) link.send({ type: 'change', change });
  }

  #enter({ rank }: Member, { request, name, timeoutMs }: BarrierRequest): void {
    const key = `${rank} ${request}`;
    const outcomes = this.#barriers.enter(rank, request, name);
    if (this.#barriers.pending(rank) > MAX_PENDING_BARRIERS) return this.#remove(rank, 'evicted', `it waits in more than ${MAX_PENDING_BARRIERS} barriers`);
    if (outcomes.length === 0 && !this.#deadlines.has(key)) {
      this.#deadlines.set(key, this.#options.clock.schedule(timeoutMs, () => this.#expire(rank, request), { background: true }));
    }
    for (const outcome of outcomes) this.#report(outcome);
  }

  #expire(rank: Rank, request: number): void {
    const outcome = this.#barriers.expire(rank, request);
    if (outcome !== null) this.#report(outcome);
  }

  #report({ rank, request, missing }: BarrierOutcome): void {
    this.#cancelDeadline(rank, request);
    this.#links.get(rank)?.send({ type: 'outcome', request, missing });
  }

  #cancelDeadline(rank: Rank, request: number): void {
    this.#cancelDeadlineKey(`${rank} ${request}`);
  }

  #cancelDeadlines(rank: Rank): void {
    for (const key of this.#deadlines.keys()) if (key.startsWith(`${rank} `)) this.#cancelDeadlineKey(key);
  }

  #cancelDeadlineKey(key: string): void {
    this.#deadlines.get(key)?.cancel();
    this.#deadlines.delete(key);
  }
}
