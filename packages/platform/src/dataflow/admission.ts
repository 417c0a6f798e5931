/** Who may have another invocation under way: the places are shared between names (shared-places.ts). */
import { AppError } from '@pappus/core';
import { SharedPlaces } from '../control/shared-places.ts';
import { RETRY_AFTER_MS } from './limits.ts';

export class Admission {
  readonly #places: SharedPlaces;

  constructor(places: number) {
    this.#places = new SharedPlaces(places);
  }

  /** Takes a place for `name`, which has to `leave` it; or says why there is none. */
  enter(name: string): AppError | null {
    const { places, taken } = this.#places;
    if (taken >= places) return refusal(`${places} invocations are under way`);
    if (!this.#places.isOpenTo(name)) return refusal(`${this.#places.heldBy(name)} invocations of ${name} are under way, of ${places} in all: what is left is for others`);
    this.#places.take(name);
    return null;
  }

  leave(name: string): void {
    this.#places.leave(name);
  }
}

const refusal = (message: string): AppError => new AppError('resource-exhausted', message, { retryable: true, hint: `Try again in ${RETRY_AFTER_MS} ms.` });
