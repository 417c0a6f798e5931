/** Failure detection by silence. It does not blame the other side for a stall of its own process. */
import type { Clock, Timer } from '@pappus/core';

export interface LivenessOptions {
  readonly clock: Clock;
  readonly silenceMs: number;
  /** A timer that is late by more than this proves that this process stood still and could not have heard anything. */
  readonly stallMs: number;
  readonly onSilent: () => void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #lastHeardMs: number;
  #timer: Timer;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#lastHeardMs = options.clock.nowMs();
    this.#timer = this.#arm(options.silenceMs);
  }

  heard(): void {
    this.#lastHeardMs = this.#options.clock.nowMs();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(delayMs: number): Timer {
    const { clock } = this.#options;
    const dueMs = clock.nowMs() + delayMs;
    return clock.schedule(delayMs, () => this.#check(clock.nowMs() - dueMs), { background: true });
  }

  #check(lateMs: number): void {
    const { clock, silenceMs, stallMs, onSilent } = this.#options;
    const leftMs = this.#lastHeardMs + silenceMs - clock.nowMs();
    if (lateMs > stallMs) this.#timer = this.#arm(Math.max(leftMs, stallMs)); // first read what has arrived meanwhile
    else if (leftMs > 0) this.#timer = this.#arm(leftMs);
    else onSilent();
  }
}
