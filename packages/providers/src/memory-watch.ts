/**
 * The memory limit of local processes, without root. All of them are measured every MEMORY_SAMPLE_MS in
 * /proc/<pid>/status; whoever was ever resident with more than its limit (VmHWM, so that a spike between two
 * measurements counts) is reported, once. Resident memory includes mapped file pages such as Node's own code:
 * stricter than a cloud function's limit. A process can overshoot by what it touches between two measurements.
 * Memory of its child processes is not counted. Where there is no /proc (macOS) only V8's heap limit holds.
 */
import { readFileSync } from 'node:fs';
import type { Clock, Timer } from '@pappus/core';
import { MEMORY_SAMPLE_MS } from './limits.ts';

export interface MemorySubject {
  readonly pid: number;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
}

interface Watched {
  readonly subject: MemorySubject;
  peakBytes: number;
  exceeded: boolean;
}

/** The most memory in which the process was ever resident; null when it is gone or nobody can tell. */
function readPeakBytes(pid: number): number | null {
  try {
    // Synchronous on purpose: procfs answers from memory in microseconds, the thread pool takes longer.
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kibibytes = Math.max(...['VmHWM', 'VmRSS'].map((field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)));
    return kibibytes === 0 ? null : kibibytes * 1024;
  } catch {
    return null;
  }
}

export class MemoryWatch {
  readonly #clock: Clock;
  readonly #watched = new Map<number, Watched>();
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(subject: MemorySubject): void {
    this.#watched.set(subject.pid, { subject, peakBytes: 0, exceeded: false });
    this.#timer ??= this.#arm();
  }

  peakBytes(pid: number): number {
    const watched = this.#watched.get(pid);
    if (watched === undefined) return 0;
    this.#measure(watched);
    return watched.peakBytes;
  }

  /** Ends the watch of a process that is gone. Returns its peak. */
  remove(pid: number): number {
    const peakBytes = this.#watched.get(pid)?.peakBytes ?? 0;
    this.#watched.delete(pid);
    if (this.#watched.size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
    return peakBytes;
  }

  #arm(): Timer {
    const sample = (): void => {
      for (const watched of this.#watched.values()) this.#measure(watched);
      this.#timer = this.#watched.size === 0 ? null : this.#arm();
    };
    return this.#clock.schedule(MEMORY_SAMPLE_MS, sample, { background: true });
  }

  #measure(watched: Watched): void {
    const { pid, limitBytes, onExceeded } = watched.subject;
    watched.peakBytes = Math.max(watched.peakBytes, readPeakBytes(pid) ?? 0);
    if (watched.peakBytes <= limitBytes || watched.exceeded) return;
    watched.exceeded = true;
    onExceeded();
  }
}
