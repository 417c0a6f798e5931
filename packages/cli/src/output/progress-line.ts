/** Progress on standard error: one line that is rewritten on a terminal, a plain line every few seconds elsewhere. */
import { systemClock, type Timer } from '@pappus/core';

const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;

export class ProgressLine {
  readonly #err: NodeJS.WriteStream;
  readonly #text: () => string;
  #timer: Timer | null = null;
  #shown = false;

  /** `text` is asked for the line each time it is shown. */
  constructor(err: NodeJS.WriteStream, text: () => string) {
    this.#err = err;
    this.#text = text;
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#shown && this.#err.isTTY) this.#err.write('\r\u001B[2K');
  }

  #schedule(): void {
    const everyMs = this.#err.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    this.#timer = systemClock.schedule(everyMs, () => this.#show(), { background: true });
  }

  #show(): void {
    const width = Math.max(20, (this.#err.columns ?? 80) - 1);
    if (this.#err.isTTY) this.#err.write(`\r\u001B[2K${this.#text().slice(0, width)}`);
    else this.#err.write(`${this.#text()}\n`);
    this.#shown = true;
    this.#schedule();
  }
}
