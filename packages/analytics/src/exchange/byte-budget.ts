/** A count of bytes held against a bound, shared by everything on a worker that buffers for one purpose. */

export class ByteBudget {
  readonly limit: number;
  #used = 0;
  #peak = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** The most that was ever held. */
  get peak(): number {
    return this.#peak;
  }

  fits(bytes: number): boolean {
    return this.#used + bytes <= this.limit;
  }

  take(bytes: number): void {
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
