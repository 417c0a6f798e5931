/** The supervisor's side of a group: joins and becomes a `Group`. One per process that takes part, the driver's included. */
import type { Duplex } from 'node:stream';
import { assert, randomHex, withDeadline, type Clock, type GroupId, type InstanceId, type Logger, type Random, type Rank } from '@pappus/core';
import { ControlLink } from './control-link.ts';
import { SESSION_BYTES, type Parting, type Welcome } from './control-protocol.ts';
import type { Address, Group, IncomingStream, LeaveReason, Member, Membership } from './group.ts';
import { DEFAULT_TIMING, MAX_PORT, type Timing } from './limits.ts';
import { MemberView } from './membership.ts';
import { formatAddress, type Network } from './network.ts';
import type { GroupSecret } from './secret.ts';
import { StreamAcceptor } from './stream-acceptor.ts';
import { directDialer, StreamDialer, type Dialer } from './stream-dialer.ts';
import { StreamTable } from './stream-table.ts';

export interface JoinOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly coordinator: Address;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  /** This process, unique in the group. */
  readonly instance: InstanceId;
  /** Null: the first free rank. */
  readonly wantRank: Rank | null;
  /** Where direct streams are taken; port 0 for any. Peers reach it at the host that the coordinator sees. */
  readonly listen: Address;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly timing?: Partial<Timing>;
  /** How peers are reached; the member's address, directly, when not given. */
  readonly dialer?: (self: Member, listening: Address) => Dialer;
}

/**
 * Joins a group. Rejects with `permission-denied` (the secret), `resource-exhausted` (full), `invalid-argument`
 * (duplicate instance, rank taken), `unsupported` (version), `not-found` (group) or `deadline-exceeded`.
 */
export async function joinGroup(options: JoinOptions): Promise<Group> {
  const { clock, random, coordinator, group, instance, timeoutMs, signal } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const logger = options.logger.child({ group, instance });
  const view = new MemberView();
  const streams = new StreamTable();
  const self = Promise.withResolvers<Member>();
  self.promise.catch(() => {}); // nobody may have dialled yet
  const shared = { ...options, timing, logger, view, streams };
  const acceptor = new StreamAcceptor({ ...shared, self: self.promise });
  const listening = await acceptor.start(options.listen);
  const link = new ControlLink({ ...shared, session: randomHex(random, SESSION_BYTES), port: listening.port });
  try {
    const waitingFor = `the coordinator of group ${group} at ${formatAddress(coordinator)}`;
    const welcome = await withDeadline({ clock, timeoutMs, waitingFor, signal }, (limited) => link.join(limited));
    const me = memberOf(welcome, instance);
    self.resolve(me);
    const dialer = (options.dialer ?? ((own, at) => directDialer(options.network, own, at)))(me, listening);
    return new JoinedGroup(welcome.size, me, { link, acceptor, view, streams, dialer: new StreamDialer({ ...shared, dialer, self: me }) });
  } catch (error) {
    self.reject(error);
    await Promise.all([acceptor.close(), link.leave({ reason: 'failed', detail: 'it gave up joining' })]);
    throw link.explain(error);
  }
}

const memberOf = ({ rank, generation, address }: Welcome, id: InstanceId): Member => ({ rank, generation, id, address });

interface Parts {
  readonly link: ControlLink;
  readonly acceptor: StreamAcceptor;
  readonly dialer: StreamDialer;
  readonly view: MemberView;
  readonly streams: StreamTable;
}

class JoinedGroup implements Group {
  readonly self: Member;
  readonly size: number;
  readonly ended: Promise<Parting>;
  readonly #parts: Parts;

  constructor(size: number, self: Member, parts: Parts) {
    this.size = size;
    this.self = self;
    this.#parts = parts;
    const { link, view, streams } = parts;
    view.subscribe((change) => streams.onChange(change));
    this.ended = link.ended.then((parting) => this.#close(parting));
  }

  get members(): Membership {
    return this.#parts.view;
  }

  connect(rank: Rank, port: number, signal: AbortSignal): Promise<Duplex> {
    assert(rank < this.size, `rank ${rank} in a group of ${this.size}`);
    assert(Number.isInteger(port) && port >= 0 && port <= MAX_PORT, `${port} is no port`);
    return this.#parts.dialer.connect(rank, port, AbortSignal.any([signal, this.#parts.link.signal]));
  }

  listen(port: number, onStream: (incoming: IncomingStream) => void): () => void {
    return this.#parts.acceptor.listen(port, onStream);
  }

  barrier(name: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#parts.link.barrier(name, timeoutMs, signal);
  }

  async leave(reason: LeaveReason, detail = ''): Promise<void> {
    await this.#parts.link.leave({ reason, detail });
    await this.ended;
  }

  async #close(parting: Parting): Promise<Parting> {
    await this.#parts.acceptor.close();
    this.#parts.streams.destroyAll(parting.reason === 'finished' ? undefined : (this.#parts.link.signal.reason as Error));
    return parting;
  }
}
