/** So many a minute, with a minute's worth in reserve. Filled by the time that passed, so that it needs no timer. */

export class TokenBucket {
  readonly #perMs: number;
  readonly #most: number;
  #level: number;
  #atMs: number;

  constructor(perMinute: number, nowMs: number) {
    this.#perMs = perMinute / 60_000;
    this.#most = perMinute;
    this.#level = perMinute;
    this.#atMs = nowMs;
  }

  /** 0 where `amount` was taken; else the milliseconds after which it can be. Nothing is taken then. */
  take(amount: number, nowMs: number): number {
    this.#fill(nowMs);
    // What is larger than the whole bucket passes when it is full, and leaves a debt.
    const needed = Math.min(amount, this.#most);
    if (this.#level >= needed) {
      this.#level -= amount;
      return 0;
    }
    return (needed - this.#level) / this.#perMs;
  }

  /** Takes what was not known before, as a debt if need be. */
  charge(amount: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#level -= amount;
  }

  #fill(nowMs: number): void {
    this.#level = Math.min(this.#most, this.#level + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}
