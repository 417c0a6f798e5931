/**
 * Places that lanes take turns at. Whoever finds none waits: in its lane first come first served, and between lanes in
 * turns. How many places one lane may have is a matter of the places (shared-places.ts).
 */
import type { SharedPlaces } from '../../control/shared-places.ts';

/** Who wants a place: the lane that it counts for (`IoContext`), and what ends its waiting. */
export interface Asker {
  readonly lane: string;
  readonly signal: AbortSignal;
}

/**
 * Invariant: no lane in which somebody waits may have another place. So nobody is passed over by a lane that takes one
 * at once.
 */
export class LaneTurns {
  readonly #places: SharedPlaces;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Set<() => void>>();

  constructor(places: SharedPlaces) {
    this.#places = places;
  }

  get taken(): number {
    return this.#places.taken;
  }

  /** False: there is none for this lane. A place that was taken has to be left. */
  take(lane: string): boolean {
    if (!this.#places.isOpenTo(lane)) return false;
    this.#places.take(lane);
    return true;
  }

  /** Resolves when a place was taken, or rejects with the signal's reason. */
  wait({ lane, signal }: Asker): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#remove(lane, onTurn);
        reject(signal.reason);
      };
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, new Set([onTurn]));
      else waiting.add(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  leave(lane: string): void {
    this.#places.leave(lane);
    while (this.#startNext());
  }

  #startNext(): boolean {
    for (const [lane, waiting] of this.#lanes) {
      if (!this.#places.isOpenTo(lane)) continue;
      const [next] = waiting;
      if (next === undefined) continue;
      this.#places.take(lane);
      this.#remove(lane, next);
      // the others are before it now
      if (this.#lanes.delete(lane)) this.#lanes.set(lane, waiting);
      next();
      return true;
    }
    return false;
  }

  #remove(lane: string, waiter: () => void): void {
    const waiting = this.#lanes.get(lane);
    waiting?.delete(waiter);
    if (waiting?.size === 0) this.#lanes.delete(lane);
  }
}
