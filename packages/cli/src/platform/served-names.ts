/** Which file of a folder has brought which name to the server, and which names nothing stands for any more. */
import type { PappusClient } from '@pappus/api';
import { toAppError } from '@pappus/core';
import { explained } from './server-problem.ts';

export interface RemovalReport {
  removed(name: string): void;
  failed(thrown: unknown): void;
}

const HINTS = { 'in-use': 'It stays as it was until nothing calls it any more.' };

export class ServedNames {
  readonly #client: PappusClient;
  readonly #report: RemovalReport;
  readonly #files = new Map<string, string>();
  /** To be removed. */
  readonly #gone = new Set<string>();
  /** Of these, the ones that are known to be still called. */
  readonly #told = new Set<string>();

  constructor(client: PappusClient, report: RemovalReport) {
    this.#client = client;
    this.#report = report;
  }

  /** What `file` has deployed, all of it: names that it had before are gone. */
  deployed(file: string, names: readonly string[]): void {
    for (const [name, owner] of [...this.#files]) if (owner === file && !names.includes(name)) this.#lose(name);
    for (const name of names) {
      this.#files.set(name, file);
      this.#gone.delete(name);
    }
  }

  /** Names of files that are no longer there are gone. */
  keepOnly(files: readonly string[]): void {
    for (const [name, file] of [...this.#files]) if (!files.includes(file)) this.#lose(name);
  }

  /** Callers first, in as many rounds as that takes. What is still called stays, which is said once, and is tried again the next time. */
  async removeGone(signal: AbortSignal): Promise<void> {
    let failures: ReadonlyMap<string, unknown> = new Map();
    for (let before = Number.POSITIVE_INFINITY; this.#gone.size > 0 && this.#gone.size < before;) {
      before = this.#gone.size;
      failures = await this.#removeRound(signal);
    }
    for (const [name, thrown] of failures) {
      if (!this.#told.has(name)) this.#report.failed(thrown);
      this.#told.add(name);
    }
  }

  #lose(name: string): void {
    this.#files.delete(name);
    this.#gone.add(name);
    this.#told.delete(name);
  }

  async #removeRound(signal: AbortSignal): Promise<ReadonlyMap<string, unknown>> {
    const failures = new Map<string, unknown>();
    for (const name of [...this.#gone]) {
      try {
        await this.#client.remove(name, { signal });
        this.#report.removed(name);
        this.#gone.delete(name);
      } catch (thrown) {
        const { code } = toAppError(thrown);
        if (signal.aborted || code === 'unavailable') throw thrown;
        if (code === 'not-found') this.#gone.delete(name);
        else failures.set(name, explained(thrown, HINTS));
      }
    }
    return failures;
  }
}
