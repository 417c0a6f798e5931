/** Who sits on which rank of a group: admission, resumption, generations and the history of changes. Pure. */
import { assert, parseGeneration, parseRank, type InstanceId, type Rank } from '@pappus/core';
import type { News, RejectReason, Resumption } from './control-protocol.ts';
import type { Address, LeaveReason, Member, MembershipChange } from './group.ts';
import { MAX_GROUP_SIZE, MAX_HISTORY } from './limits.ts';
import { MemberView } from './membership.ts';
import { formatAddress } from './network.ts';

export interface Application {
  readonly instance: InstanceId;
  readonly address: Address;
  readonly session: string;
  readonly attempt: number;
  readonly wantRank: Rank | null;
  readonly resume: Resumption | null;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly member: Member }
  | { readonly kind: 'resumed'; readonly member: Member }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly detail: string };

interface Seat {
  readonly member: Member;
  readonly session: string;
  attempt: number;
}

const rejected = (reason: RejectReason, detail: string): Admission => ({ kind: 'rejected', reason, detail });

export class Roster {
  readonly size: number;
  readonly view: MemberView = new MemberView();
  readonly #seats = new Map<Rank, Seat>();
  readonly #generations = new Map<Rank, number>();
  readonly #history: MembershipChange[] = [];

  constructor(size: number) {
    assert(Number.isInteger(size) && size >= 1 && size <= MAX_GROUP_SIZE, `a group has 1 to ${MAX_GROUP_SIZE} members, not ${size}`);
    this.size = size;
  }

  admit(application: Application): Admission {
    const seat = [...this.#seats.values()].find(({ session }) => session === application.session);
    if (seat !== undefined) return this.#resume(seat, application);
    if (application.resume !== null) return rejected('lost', `rank ${application.resume.rank} was given up before it came back`);
    return this.#duplicate(application) ?? this.#seatNew(application);
  }

  /** Empties the seat; null when it holds nobody. */
  remove(rank: Rank, reason: LeaveReason, detail: string): MembershipChange | null {
    const seat = this.#seats.get(rank);
    if (seat === undefined) return null;
    this.#seats.delete(rank);
    return this.#record({ kind: 'left', revision: this.view.revision + 1, member: seat.member, reason, detail });
  }

  /** What a member that knows `revision` has to learn; a new member (null) learns everything. */
  newsSince(revision: number | null): News {
    const oldest = this.#history[0]?.revision ?? this.view.revision + 1;
    const forgotten = revision === null || revision > this.view.revision || revision + 1 < oldest;
    if (forgotten) return { kind: 'snapshot', snapshot: { revision: this.view.revision, members: this.view.list() } };
    return { kind: 'changes', changes: this.#history.filter((change) => change.revision > revision) };
  }

  missing(): readonly Rank[] {
    return this.ranks().filter((rank) => !this.#seats.has(rank));
  }

  ranks(): readonly Rank[] {
    return Array.from({ length: this.size }, (_, rank) => parseRank(rank));
  }

  #resume(seat: Seat, { attempt, instance }: Application): Admission {
    if (instance !== seat.member.id) return rejected('duplicate', `the session belongs to instance ${seat.member.id}`);
    if (attempt <= seat.attempt) return rejected('superseded', `attempt ${attempt} came after attempt ${seat.attempt}`);
    seat.attempt = attempt;
    return { kind: 'resumed', member: seat.member };
  }

  #duplicate({ instance, address }: Application): Admission | null {
    for (const { member } of this.#seats.values()) {
      if (member.id === instance) return rejected('duplicate', `instance ${instance} is already rank ${member.rank}`);
      const same = member.address.host === address.host && member.address.port === address.port;
      if (same) return rejected('duplicate', `${formatAddress(address)} is already rank ${member.rank}`);
    }
    return null;
  }

  #seatNew({ instance, address, session, attempt, wantRank }: Application): Admission {
    if (wantRank !== null && wantRank >= this.size) return rejected('no-such-rank', `rank ${wantRank} of a group with ranks 0 to ${this.size - 1}`);
    const rank = wantRank ?? this.missing()[0];
    if (rank === undefined) return rejected('full', `all ${this.size} ranks are taken`);
    const holder = this.#seats.get(rank);
    if (holder !== undefined) return rejected('rank-taken', `rank ${rank} is instance ${holder.member.id}`);
    const generation = parseGeneration(this.#generations.get(rank) ?? 0);
    this.#generations.set(rank, generation + 1);
    const member: Member = { rank, generation, id: instance, address };
    this.#seats.set(rank, { member, session, attempt });
    this.#record({ kind: 'joined', revision: this.view.revision + 1, member });
    return { kind: 'admitted', member };
  }

  #record(change: MembershipChange): MembershipChange {
    this.#history.push(change);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.view.apply(change);
    return change;
  }
}
