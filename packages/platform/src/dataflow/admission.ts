/**
 * Who may have another invocation under way. Nobody is refused while there is much room; the less of it is left, the less
 * one name may hold: at most three times what is free. So one alone gets three quarters of the places, two get three
 * sevenths each, and there is always something left for a newcomer. (The dynamic thresholds of Choudhury and Hahne, by
 * which switches share their buffers between ports.)
 */
import { AppError, assert } from '@pappus/core';
import { HELD_TO_FREE, RETRY_AFTER_MS } from './limits.ts';

export class Admission {
  readonly #places: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Takes a place for `name`, which has to `leave` it; or says why there is none. */
  enter(name: string): AppError | null {
    const held = this.#held.get(name) ?? 0;
    const free = this.#places - this.#taken;
    if (free <= 0) return refusal(`${this.#places} invocations are under way`);
    if (held >= HELD_TO_FREE * free) return refusal(`${held} invocations of ${name} are under way, of ${this.#places} in all: what is left is for others`);
    this.#held.set(name, held + 1);
    this.#taken++;
    return null;
  }

  leave(name: string): void {
    const held = this.#held.get(name) ?? 0;
    assert(held > 0, `${name} leaves a place that it does not have`);
    if (held === 1) this.#held.delete(name);
    else this.#held.set(name, held - 1);
    this.#taken--;
  }
}

const refusal = (message: string): AppError => new AppError('resource-exhausted', message, { retryable: true, hint: `Try again in ${RETRY_AFTER_MS} ms.` });
