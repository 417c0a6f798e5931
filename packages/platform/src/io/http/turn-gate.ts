/**
 * Lets so many requests run at once, in all and for one destination; the others wait, in turns between lanes. Of all
 * requests a lane leaves some to the others; of one destination's it need not. A request waits for its destination
 * before it counts towards the whole, so a slow destination does not keep the others from theirs.
 */
import { AppError, cancelled } from '@pappus/core';
import { SharedPlaces } from '../../control/shared-places.ts';
import { MAX_WAITING_REQUESTS } from '../limits.ts';
import { LaneTurns, type Asker } from './lane-turns.ts';

/** Gives the turn back; called once. */
export type Release = () => void;

export class TurnGate {
  readonly #whole: LaneTurns;
  readonly #perDestination: number;
  readonly #destinations = new Map<string, LaneTurns>();
  #waiters = 0;

  constructor(whole: number, perDestination: number) {
    this.#whole = new LaneTurns(new SharedPlaces(whole));
    this.#perDestination = perDestination;
  }

  /** Rejects with the signal's reason, or with `resource-exhausted` when too many wait. */
  async enter(destination: string, asker: Asker): Promise<Release> {
    const { lane } = asker;
    const turns = this.#turnsOf(destination);
    await this.#take(turns, asker);
    try {
      await this.#take(this.#whole, asker);
    } catch (thrown) {
      this.#leave(destination, turns, lane);
      throw thrown;
    }
    return () => {
      this.#whole.leave(lane);
      this.#leave(destination, turns, lane);
    };
  }

  get waiting(): number {
    return this.#waiters;
  }

  #turnsOf(destination: string): LaneTurns {
    let turns = this.#destinations.get(destination);
    if (turns === undefined) {
      turns = new LaneTurns(new SharedPlaces(this.#perDestination, Number.POSITIVE_INFINITY));
      this.#destinations.set(destination, turns);
    }
    return turns;
  }

  async #take(turns: LaneTurns, asker: Asker): Promise<void> {
    const { lane, signal } = asker;
    if (signal.aborted) throw signal.reason ?? cancelled('an HTTP request');
    if (turns.take(lane)) return;
    if (this.#waiters >= MAX_WAITING_REQUESTS) {
      throw new AppError('resource-exhausted', `${MAX_WAITING_REQUESTS} HTTP requests wait for their turn already`, { retryable: true });
    }
    this.#waiters++;
    try {
      await turns.wait(asker);
    } finally {
      this.#waiters--;
    }
  }

  #leave(destination: string, turns: LaneTurns, lane: string): void {
    turns.leave(lane);
    if (turns.taken === 0) this.#destinations.delete(destination);
  }
}
