/** Ids of invocations: short, and never twice. What starts them is random, so those of another start are others. */
import { randomHex, type Random } from '@pappus/core';

const PREFIX_BYTES = 6;

export class InvocationIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    this.#prefix = randomHex(random, PREFIX_BYTES);
  }

  /** Such as `5f3a90c10d2b-1k`. */
  next(): string {
    return `${this.#prefix}-${(this.#count++).toString(36)}`;
  }
}
