/**
 * Invocations that have runs to start, in turns between compositions: deficit round robin over the computing that they
 * cost, so that one with many or long runs does not keep the others waiting. Within a composition the oldest goes first.
 */
import { QUANTUM_US } from './limits.ts';

interface Lane<T> {
  readonly waiting: Set<T>;
  /** What it may still compute in this turn, in µs; below 0 it waits for turns to come. */
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

  /** Of a composition that nobody waits in, nothing is remembered: it has not kept anybody waiting. */
  charge(name: string, costUs: number): void {
    const lane = this.#lanes.get(name);
    if (lane !== undefined) lane.creditUs -= costUs;
  }

  /** Who is next, still in the line; undefined when it is empty. */
  peek(): T | undefined {
    for (let passed = 0; this.#size > 0; passed++) {
      const [first] = this.#lanes;
      if (first === undefined) return undefined;
      const [name, lane] = first;
      if (lane.creditUs > 0 || this.#lanes.size === 1) return lane.waiting.values().next().value;
      if (passed === this.#lanes.size) this.#nextTurn();
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
    }
    return undefined;
  }

  /** As many turns at once as it takes until somebody may go on. */
  #nextTurn(): void {
    const debtUs = Math.min(...Array.from(this.#lanes.values(), ({ creditUs }) => -creditUs));
    const turns = Math.floor(Math.max(0, debtUs) / QUANTUM_US) + 1;
    for (const lane of this.#lanes.values()) lane.creditUs += turns * QUANTUM_US;
  }
}
