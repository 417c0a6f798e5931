/** Steers the split while the server runs: looks at both queues every interval and hands on each new split. */
import type { Clock, Timer } from '@pappus/core';
import { initialState, step, DEFAULT_TUNING, type CoreSplit, type SplitSample, type SplitState, type SplitTuning } from './core-split.ts';
import { CONTROL_INTERVAL_MS } from './limits.ts';

export interface CoreControllerOptions {
  readonly clock: Clock;
  readonly initial: CoreSplit;
  /** Called once an interval: cheap. */
  readonly sample: () => SplitSample;
  /** Called at start, and whenever a slot moves. */
  readonly apply: (split: CoreSplit) => void;
  readonly intervalMs?: number;
  readonly tuning?: SplitTuning;
}

export interface CoreControllerStats {
  readonly split: CoreSplit;
  readonly signal: number;
  readonly moves: number;
}

export class CoreController {
  readonly #options: CoreControllerOptions;
  #state: SplitState;
  #timer: Timer | null = null;
  #moves = 0;

  constructor(options: CoreControllerOptions) {
    this.#options = options;
    this.#state = initialState(options.initial);
  }

  start(): void {
    if (this.#timer !== null) return;
    this.#options.apply(this.#state.split);
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  stats(): CoreControllerStats {
    return { split: this.#state.split, signal: this.#state.signal, moves: this.#moves };
  }

  #schedule(): void {
    this.#timer = this.#options.clock.schedule(this.#options.intervalMs ?? CONTROL_INTERVAL_MS, this.#tick, { background: true });
  }

  readonly #tick = (): void => {
    const { sample, apply, tuning = DEFAULT_TUNING } = this.#options;
    const { state, decision } = step(this.#state, sample(), tuning);
    this.#state = state;
    this.#schedule();
    if (decision === 'stay') return;
    this.#moves += 1;
    apply(state.split);
  };
}
