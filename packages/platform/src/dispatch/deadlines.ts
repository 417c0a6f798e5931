/** When invocations have to be over. One timer for all of them, set to the earliest; nothing runs while there are none. */
import type { Clock, Timer } from '@pappus/core';
import { DEADLINE_GRAIN_MS } from './limits.ts';

export interface Deadlined {
  readonly deadlineMs: number;
  expire(): void;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #members = new Set<Deadlined>();
  #timer: Timer | null = null;
  #timerMs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(member: Deadlined): void {
    this.#members.add(member);
    if (member.deadlineMs < this.#timerMs) this.#arm(member.deadlineMs);
  }

  /** The timer stays as it is: the next one to be added is likely to need it. */
  remove(member: Deadlined): void {
    this.#members.delete(member);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerMs = Infinity;
    this.#members.clear();
  }

  #arm(atMs: number): void {
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer = this.#clock.schedule(Math.max(0, atMs - this.#clock.nowMs()), () => this.#look(), { background: true });
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    this.#timer = null;
    this.#timerMs = Infinity;
    let nextMs = Infinity;
    for (const member of [...this.#members]) {
      if (member.deadlineMs <= nowMs) {
        this.#members.delete(member);
        member.expire();
      } else if (member.deadlineMs < nextMs) nextMs = member.deadlineMs;
    }
    if (nextMs < this.#timerMs) this.#arm(Math.max(nextMs, nowMs + DEADLINE_GRAIN_MS));
  }
}
