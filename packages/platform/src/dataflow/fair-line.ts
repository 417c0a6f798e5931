/**
 * Invocations that have runs to start, in turns between compositions: deficit round robin over what their runs take, so
 * that one with many or long runs does not keep the others waiting. A run is charged by estimate when it is handed over,
 * since it may be long until it ends, and put right when it has ended. Within a composition the oldest goes first.
 */
import { QUANTUM_US } from './limits.ts';

interface Lane<T> {
  readonly waiting: Set<T>;
  /** What it may still take in this turn, in µs; below 0 it waits for turns to come. */
  creditUs: number;
}

export class FairLine<T> {
  /** The first one's turn it is. */
  readonly #lanes = new Map<string, Lane<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Everyone who waits, in no order. */
  *entries(): Generator<T, void, undefined> {
    for (const { waiting } of this.#lanes.values()) yield* waiting;
  }

  add(name: string, entry: T): void {
    const lane = this.#lanes.get(name);
    if (lane?.waiting.has(entry) === true) return;
    this.#size++;
    if (lane === undefined) this.#lanes.set(name, { waiting: new Set([entry]), creditUs: QUANTUM_US });
    else lane.waiting.add(entry);
  }

  remove(name: string, entry: T): void {
    const lane = this.#lanes.get(name);
    if (lane?.waiting.delete(entry) !== true) return;
    this.#size--;
    if (lane.waiting.size === 0) this.#lanes.delete(name);
  }

  /**
   * Gives what was charged: of a composition that nobody waits in, nothing is remembered, since it has not kept anybody
   * waiting. Below 0, it was charged too much before.
   */
  charge(name: string, costUs: number): number {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return 0;
    lane.creditUs = Math.min(QUANTUM_US, lane.creditUs - costUs);
    return costUs;
  }

  /** Who is next of those compositions that may go on now, still in the line; undefined when there is none. */
  peek(mayGo: (name: string) => boolean): T | undefined {
    if (this.#lanes.size === 1) return this.#only(mayGo);
    for (;;) {
      let debtUs = Number.POSITIVE_INFINITY;
      // Lanes that were moved to the end are met again: the first one is moved twice, since its turn has just ended.
      let left = this.#lanes.size + 1;
      for (const [name, lane] of this.#lanes) {
        if (left-- === 0) break;
        if (!mayGo(name)) continue;
        if (lane.creditUs > 0) return first(lane);
        debtUs = Math.min(debtUs, -lane.creditUs);
        this.#lanes.delete(name);
        this.#lanes.set(name, lane);
      }
      if (debtUs === Number.POSITIVE_INFINITY) return undefined;
      // As many turns at once as it takes until somebody may go on.
      const turns = Math.floor(debtUs / QUANTUM_US) + 1;
      for (const [name, lane] of this.#lanes) if (mayGo(name)) lane.creditUs += turns * QUANTUM_US;
    }
  }

  /** Whoever is alone has nobody to make up for what it had before. */
  #only(mayGo: (name: string) => boolean): T | undefined {
    for (const [name, lane] of this.#lanes) {
      if (!mayGo(name)) continue;
      lane.creditUs = QUANTUM_US;
      return first(lane);
    }
    return undefined;
  }
}

const first = <T>({ waiting }: Lane<T>): T | undefined => waiting.values().next().value;
