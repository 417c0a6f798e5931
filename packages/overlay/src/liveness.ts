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

  /** Looks at short intervals, so that a stall is noticed wherever it lies. */
  #arm(leftMs: number): Timer {
    const { clock, stallMs } = this.#options;
    const delayMs = Math.min(leftMs, stallMs);
    const dueMs = clock.nowMs() + delayMs;
    return clock.schedule(delayMs, () => this.#check(clock.nowMs() - dueMs), { background: true });
  }

  #check(lateMs: number): void {
    const { clock, silenceMs, stallMs, onSilent } = this.#options;
    const stalled = lateMs > stallMs;
    // Nobody could be heard meanwhile, and what has arrived is not read yet: silence counts from here.
    if (stalled) this.heard();
    const leftMs = this.#lastHeardMs + silenceMs - clock.nowMs();
    if (leftMs > 0) this.#timer = this.#arm(leftMs);
    else onSilent();
  }
}
