/** A group's membership as one process knows it: a snapshot, then revisioned changes. Pure. */
import { assert, type Generation, type Rank } from '@pappus/core';
import type { News, Snapshot } from './control-protocol.ts';
import type { Member, Membership, MembershipChange } from './group.ts';

export class MemberView implements Membership {
  #revision = 0;
  readonly #members = new Map<Rank, Member>();
  /** The newest generation of each rank that left: what fences off a member that was declared lost. */
  readonly #gone = new Map<Rank, Generation>();
  readonly #listeners = new Set<(change: MembershipChange) => void>();
  /** A listener may cause the next change: every listener still hears them in order. */
  readonly #untold: MembershipChange[] = [];
  #telling = false;

  get revision(): number {
    return this.#revision;
  }

  get(rank: Rank): Member | undefined {
    return this.#members.get(rank);
  }

  list(): readonly Member[] {
    return [...this.#members.values()].sort((one, other) => one.rank - other.rank);
  }

  subscribe(listener: (change: MembershipChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True when this generation of the rank left or was replaced. A member not heard of yet is not gone. */
  isGone(rank: Rank, generation: Generation): boolean {
    const current = this.#members.get(rank)?.generation ?? -1;
    return generation < current || generation <= (this.#gone.get(rank) ?? -1);
  }

  /** A change that is already known (it came twice over a reconnection) does nothing. */
  apply(change: MembershipChange): void {
    if (change.revision <= this.#revision) return;
    assert(change.revision === this.#revision + 1, `membership went from revision ${this.#revision} to ${change.revision}`);
    this.#revision = change.revision;
    this.#install(change);
  }

  learn(news: News): void {
    if (news.kind === 'snapshot') this.#replace(news.snapshot);
    else for (const change of news.changes) this.apply(change);
  }

  /** Changes that nobody remembers are told as the difference between before and after. */
  #replace({ revision, members }: Snapshot): void {
    if (revision < this.#revision) return;
    this.#revision = revision;
    const next = new Map(members.map((member) => [member.rank, member]));
    for (const member of this.list()) {
      if (next.get(member.rank)?.generation === member.generation) continue;
      this.#install({ kind: 'left', revision, member, reason: 'lost', detail: 'it left while this member had no contact to the coordinator' });
    }
    for (const member of members) if (!this.#members.has(member.rank)) this.#install({ kind: 'joined', revision, member });
  }

  #install(change: MembershipChange): void {
    const { member } = change;
    if (change.kind === 'joined') this.#members.set(member.rank, member);
    else {
      this.#members.delete(member.rank);
      this.#gone.set(member.rank, member.generation);
    }
    this.#untold.push(change);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        const audience = [...this.#listeners]; // who subscribes in a listener hears later changes only
        for (const listener of audience) listener(next);
      }
    } finally {
      this.#telling = false;
    }
  }
}
