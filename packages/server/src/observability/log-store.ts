/**
 * What functions wrote, in memory: the last entries of each function, bounded by number and by characters; the function
 * that was silent for longest gives way where there are too many.
 */
import type { LogEntry, Logs } from '@pappus/api';
import { AppError, type Clock } from '@pappus/core';
import { MAX_LOG_CHARS_PER_FUNCTION, MAX_LOG_ENTRIES_PER_FUNCTION, MAX_LOG_WAITERS, MAX_LOGGING_FUNCTIONS } from '../limits.ts';

interface FunctionLog {
  readonly entries: LogEntry[];
  chars: number;
  /** Sequence number of the next entry. */
  next: number;
}

export interface RunText {
  readonly invocation: string;
  readonly stream: LogEntry['stream'];
  readonly bytes: Uint8Array;
  readonly droppedBytes: number;
}

export interface LogWindow {
  readonly after: number;
  readonly limit: number;
}

export class LogStore {
  readonly #clock: Clock;
  /** In the order of their last entries. */
  readonly #logs = new Map<string, FunctionLog>();
  readonly #waiters = new Map<string, Set<() => void>>();
  #waiting = 0;
  readonly #decoder = new TextDecoder();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(name: string, { invocation, stream, bytes, droppedBytes }: RunText): void {
    const log = this.#logs.get(name) ?? { entries: [], chars: 0, next: 1 };
    this.#logs.delete(name);
    this.#logs.set(name, log);
    const text = this.#decoder.decode(bytes);
    log.entries.push({ sequence: log.next++, at: new Date(this.#clock.wallMs()).toISOString(), invocation, stream, text, droppedBytes });
    log.chars += text.length;
    while (log.entries.length > MAX_LOG_ENTRIES_PER_FUNCTION || (log.chars > MAX_LOG_CHARS_PER_FUNCTION && log.entries.length > 1)) {
      log.chars -= log.entries.shift()?.text.length ?? 0;
    }
    for (const oldest of this.#logs.keys()) {
      if (this.#logs.size <= MAX_LOGGING_FUNCTIONS) break;
      this.#logs.delete(oldest);
    }
    for (const wake of this.#waiters.get(name) ?? []) wake();
  }

  read(name: string, { after, limit }: LogWindow): Logs {
    const log = this.#logs.get(name);
    if (log === undefined) return { entries: [], next: after, lost: 0 };
    // Numbers from before a restart mean nothing now: such a reader gets what there is.
    const known = after < log.next ? after : 0;
    const first = log.entries[0]?.sequence ?? log.next;
    const entries = log.entries.slice(Math.max(0, known + 1 - first)).slice(0, limit);
    return { entries, next: entries.at(-1)?.sequence ?? known, lost: known === 0 ? 0 : Math.max(0, first - known - 1) };
  }

  /** As `read`, but waits up to `waitMs` for an entry where there is none. */
  async follow(name: string, window: LogWindow, waitMs: number, signal: AbortSignal): Promise<Logs> {
    const logs = this.read(name, window);
    if (logs.entries.length > 0 || waitMs === 0) return logs;
    if (this.#waiting >= MAX_LOG_WAITERS) throw new AppError('resource-exhausted', 'too many requests wait for log entries', { retryable: true });
    await this.#woken(name, waitMs, signal);
    return this.read(name, window);
  }

  #woken(name: string, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters);
      this.#waiting += 1;
      const wake = (): void => {
        if (!waiters.delete(wake)) return;
        if (waiters.size === 0) this.#waiters.delete(name);
        this.#waiting -= 1;
        timer.cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiters.add(wake);
      const timer = this.#clock.schedule(waitMs, wake, { background: true });
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake, { once: true });
    });
  }
}
