/** Which members wait in which barrier. Pure: deadlines are the coordinator's. */
import type { Rank } from '@pappus/core';
import { MAX_PENDING_BARRIERS } from './limits.ts';

export interface BarrierOutcome {
  readonly rank: Rank;
  readonly request: number;
  /** The ranks that had not entered at the deadline; empty when the barrier was released. */
  readonly missing: readonly Rank[];
}

export class BarrierTable {
  readonly #ranks: readonly Rank[];
  /** By name: the request of each rank that waits there. */
  readonly #waiting = new Map<string, Map<Rank, number>>();
  /** By name, while somebody waits there: the ranks that were there, too, until their deadline. They are not to blame. */
  readonly #expired = new Map<string, Set<Rank>>();
  /** The last outcomes of each rank, for one that lost its connection before it read them. */
  readonly #outcomes = new Map<Rank, Map<number, BarrierOutcome>>();

  constructor(ranks: readonly Rank[]) {
    this.#ranks = ranks;
  }

  /** The outcomes that follow: none while somebody is missing, one for each rank when this was the last. */
  enter(rank: Rank, request: number, name: string): readonly BarrierOutcome[] {
    const known = this.#outcomes.get(rank)?.get(request);
    if (known !== undefined) return [known];
    const entered = this.#waiting.get(name) ?? new Map<Rank, number>();
    this.#waiting.set(name, entered.set(rank, request));
    this.#expired.get(name)?.delete(rank);
    if (entered.size < this.#ranks.length) return [];
    this.#waiting.delete(name);
    this.#expired.delete(name);
    return [...entered].map(([each, itsRequest]) => this.#settle({ rank: each, request: itsRequest, missing: [] }));
  }

  /** The rank's deadline passed: it no longer waits. Null when it was released before. */
  expire(rank: Rank, request: number): BarrierOutcome | null {
    const name = this.#nameOf(rank, request);
    if (name === null) return null;
    const missing = this.#missing(name);
    this.#expired.set(name, (this.#expired.get(name) ?? new Set()).add(rank));
    this.#forget(name, rank);
    return this.#settle({ rank, request, missing });
  }

  withdraw(rank: Rank, request: number): void {
    const name = this.#nameOf(rank, request);
    if (name !== null) this.#forget(name, rank);
  }

  /** The rank has a new connection, on which it enters again where it still waits. Its outcomes are kept. */
  suspend(rank: Rank): void {
    for (const name of this.#waiting.keys()) this.#forget(name, rank);
  }

  /** The rank is no longer a member: whoever takes its place has to enter anew. */
  drop(rank: Rank): void {
    this.suspend(rank);
    this.#outcomes.delete(rank);
  }

  pending(rank: Rank): number {
    let sum = 0;
    for (const entered of this.#waiting.values()) if (entered.has(rank)) sum += 1;
    return sum;
  }

  #missing(name: string): readonly Rank[] {
    const absent = this.#ranks.filter((rank) => this.#waiting.get(name)?.has(rank) !== true);
    const neverThere = absent.filter((rank) => this.#expired.get(name)?.has(rank) !== true);
    return neverThere.length > 0 ? neverThere : absent;
  }

  #settle(outcome: BarrierOutcome): BarrierOutcome {
    const outcomes = this.#outcomes.get(outcome.rank) ?? new Map<number, BarrierOutcome>();
    this.#outcomes.set(outcome.rank, outcomes.set(outcome.request, outcome));
    // A member has at most so many requests open, and reads outcomes in order: an older one has been read.
    const [oldest] = outcomes.keys();
    if (outcomes.size > MAX_PENDING_BARRIERS && oldest !== undefined) outcomes.delete(oldest);
    return outcome;
  }

  #nameOf(rank: Rank, request: number): string | null {
    for (const [name, entered] of this.#waiting) if (entered.get(rank) === request) return name;
    return null;
  }

  #forget(name: string, rank: Rank): void {
    const entered = this.#waiting.get(name);
    entered?.delete(rank);
    if (entered === undefined || entered.size > 0) return;
    this.#waiting.delete(name);
    this.#expired.delete(name);
  }
}
