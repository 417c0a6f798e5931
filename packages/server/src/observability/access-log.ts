/** One line for each request that failed, and for one in so many of the others. */
import type { Logger } from '@pappus/core';

export interface RequestSummary {
  readonly method: string;
  /** Without its query, which may hold anything. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly caller: string | null;
  readonly invocation: string | null;
}

const MAX_PATH_CHARS = 200;

export class AccessLog {
  readonly #logger: Logger;
  readonly #oneIn: number;
  #skipped = 0;

  constructor(logger: Logger, oneIn: number) {
    this.#logger = logger;
    this.#oneIn = oneIn;
  }

  /** Whether a request that ended well has its turn: ask before making a summary. */
  sample(): boolean {
    this.#skipped += 1;
    if (this.#skipped < this.#oneIn) return false;
    this.#skipped = 0;
    return true;
  }

  write({ path, ms, ...fields }: RequestSummary): void {
    const shown = path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS)}…` : path;
    this.#logger.log('info', 'request', { ...fields, path: shown, ms: Math.round(ms * 1000) / 1000 });
  }
}
