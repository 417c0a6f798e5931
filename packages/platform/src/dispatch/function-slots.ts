/**
 * Runs of each function that are under way, against the function's own limit. A segment takes a place of each function in
 * it, all at once or none. Who finds none waits in the line of the function that was full.
 */
import type { FunctionHash } from '../functions/function-spec.ts';
import type { Job } from './lane.ts';
import type { ComputeCallee } from './plan.ts';

interface Entry {
  readonly hash: FunctionHash;
  running: number;
  readonly limit: number;
  readonly line: Set<Job>;
}

export class FunctionSlots {
  readonly #entries = new Map<FunctionHash, Entry>();
  /** Functions that somebody waits for. */
  readonly #contended = new Set<Entry>();
  readonly #offer: (job: Job) => void;

  constructor(offer: (job: Job) => void) {
    this.#offer = offer;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** False when one of them is full: then the job stands in line. */
  acquire(functions: readonly ComputeCallee[], job: Job): boolean {
    for (const { hash } of functions) {
      const entry = this.#entries.get(hash);
      if (entry === undefined || entry.running < entry.limit) continue;
      entry.line.add(job);
      this.#contended.add(entry);
      return false;
    }
    for (const { hash, spec } of functions) {
      const entry = this.#entries.get(hash);
      if (entry === undefined) this.#entries.set(hash, { hash, running: 1, limit: Math.max(1, spec.limits.concurrency), line: new Set() });
      else entry.running += 1;
    }
    return true;
  }

  release(functions: readonly ComputeCallee[]): void {
    for (const { hash } of functions) {
      const entry = this.#entries.get(hash);
      if (entry === undefined) continue;
      entry.running -= 1;
      if (entry.line.size > 0) this.#wakeNext(entry);
      else this.#settle(entry);
    }
  }

  /** A job in line may have left without a word, and the one behind it would wait for ever: true when somebody was woken. */
  wakeAll(): boolean {
    let woken = false;
    for (const entry of this.#contended) {
      for (let free = entry.limit - entry.running; free > 0 && entry.line.size > 0; free--) {
        this.#wakeNext(entry);
        woken = true;
      }
    }
    return woken;
  }

  /** The job is over. */
  withdraw(job: Job): void {
    for (const entry of this.#contended) {
      entry.line.delete(job);
      this.#settle(entry);
    }
  }

  #wakeNext(entry: Entry): void {
    const [job] = entry.line;
    if (job !== undefined) {
      entry.line.delete(job);
      this.#offer(job);
    }
    this.#settle(entry);
  }

  #settle(entry: Entry): void {
    if (entry.line.size > 0) return;
    this.#contended.delete(entry);
    if (entry.running === 0) this.#entries.delete(entry.hash);
  }
}
