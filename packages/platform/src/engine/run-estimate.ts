/** What tasks of one segment are likely to take, in µs, by those that have ended. */
export class RunEstimate {
  #us: number;
  readonly #slowly: number;

  /** One of `slowly` parts of the way down is taken with each task, and half of the way up. */
  constructor(firstUs: number, slowly: number) {
    this.#us = firstUs;
    this.#slowly = slowly;
  }

  get us(): number {
    return this.#us;
  }

  /** Up fast and down slowly: too low an estimate puts others behind what takes long. */
  learn(busyUs: number): void {
    this.#us += (busyUs - this.#us) / (busyUs > this.#us ? 2 : this.#slowly);
  }
}
