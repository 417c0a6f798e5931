/**
 * The results of an application's runs in the order of the runs, whatever the order in which they come. An application
 * that takes items as they come has as many runs as its producer's runs made items, so the order is a tree: where the
 * producer's sequence has a run, the reader's sequence has a branch with a place for each item of that run's output.
 *
 *   producer   [ run 0: a b | run 1: –  | run 2: c ]
 *   reader     [ [·a   ·b]  |    –      |  [·c]    ]      read from the left as far as everything is there
 */
import type { Items } from './key-join.ts';

/** By output of the application. */
export type RunOutputs = readonly Items[];

/** A place of a run that will never be: its input was empty. */
const NOTHING: unique symbol = Symbol('nothing');

type Place = RunOutputs | RunSequence | typeof NOTHING | undefined;

export class RunSequence {
  readonly length: number;
  /** The sequences of those who read this one as it grows, place for place; in the order of `streamReaders`. */
  readonly mirrors: readonly RunSequence[];
  readonly #places: Place[] = [];
  #taken = 0;

  constructor(length: number, mirrors: readonly RunSequence[]) {
    this.length = length;
    this.mirrors = mirrors;
  }

  put(place: number, outputs: RunOutputs): void {
    this.#places[place] = outputs;
  }

  putNothing(place: number): void {
    this.#places[place] = NOTHING;
  }

  putBranch(place: number, branch: RunSequence): void {
    this.#places[place] = branch;
  }

  mirror(reader: number): RunSequence {
    return this.mirrors[reader] as RunSequence;
  }

  /** Gives what has become complete from the left, once; true when that was the last. */
  take(give: (outputs: RunOutputs) => void): boolean {
    while (this.#taken < this.length) {
      const place = this.#places[this.#taken];
      if (place === undefined) return false;
      if (place instanceof RunSequence) {
        if (!place.take(give)) return false;
      } else if (place !== NOTHING) give(place);
      this.#places[this.#taken] = NOTHING;
      this.#taken += 1;
    }
    return true;
  }
}
