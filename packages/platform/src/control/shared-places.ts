/**
 * Places that names share, so that there is something left for a newcomer: the less is left, the less one name may hold,
 * at most three times what is free. So one alone gets three quarters of the places, two get three sevenths each. (The
 * dynamic thresholds of Choudhury and Hahne, by which switches share their buffers between ports.)
 */
import { assert } from '@pappus/core';
import { HELD_TO_FREE } from './limits.ts';

export class SharedPlaces {
  #places: number;
  readonly #heldToFree: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  /** `heldToFree`: how many times what is free one name may hold; with infinity it may hold everything. */
  constructor(places: number, heldToFree: number = HELD_TO_FREE) {
    this.#places = places;
    this.#heldToFree = heldToFree;
  }

  get places(): number {
    return this.#places;
  }

  get taken(): number {
    return this.#taken;
  }

  /** With fewer places than are taken, nobody gets one until enough of them were left. */
  resize(places: number): void {
    this.#places = places;
  }

  heldBy(name: string): number {
    return this.#held.get(name) ?? 0;
  }

  isOpenTo(name: string): boolean {
    const free = this.#places - this.#taken;
    return free > 0 && this.heldBy(name) < this.#heldToFree * free;
  }

  /** A place for `name`, which has to `leave` it. */
  take(name: string): void {
    this.#held.set(name, this.heldBy(name) + 1);
    this.#taken++;
  }

  leave(name: string): void {
    const held = this.heldBy(name);
    assert(held > 0, `${name} leaves a place that it does not have`);
    if (held === 1) this.#held.delete(name);
    else this.#held.set(name, held - 1);
    this.#taken--;
  }
}
