/** What the functions of one invocation wrote, up to a bound: the beginning is kept, what is beyond is counted for each function. */
import { beginningOf, textBytes } from '../sandbox/run-log.ts';
import type { RunLog } from '../sandbox/sandbox.ts';
import { LOG_ENTRY_BYTES, MAX_LOG_BYTES } from './limits.ts';

export interface FunctionLog {
  readonly function: string;
  readonly log: RunLog;
}

export class JobLogs {
  readonly #kept: FunctionLog[] = [];
  /** By function. */
  #dropped: Map<string, number> | null = null;
  #bytes = 0;

  add(name: string, log: RunLog): void {
    const room = MAX_LOG_BYTES - this.#bytes - LOG_ENTRY_BYTES;
    if (room > 0) {
      const beginning = beginningOf(log, room);
      this.#bytes += textBytes(beginning) + LOG_ENTRY_BYTES;
      this.#kept.push({ function: name, log: beginning });
      return;
    }
    this.#dropped ??= new Map();
    this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + textBytes(log) + log.droppedBytes);
  }

  /** What is kept, and at the end an entry without text for each function of which something was dropped. */
  all(): readonly FunctionLog[] {
    if (this.#dropped === null) return this.#kept;
    return [...this.#kept, ...[...this.#dropped].map(([name, droppedBytes]) => ({ function: name, log: { stdout: NO_BYTES, stderr: NO_BYTES, droppedBytes } }))];
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
