/**
 * Two ways to the same state, of which the one is kept that is faster for this function: plain code, after which all of
 * the memory is made new, or code that marks what it writes (`module/write-marks.ts`), after which only that is. Marks
 * cost most in tight loops that store, and save most where runs are short; which of the two a function has shows only
 * when it runs.
 *
 *   runs   PLAIN_RUNS: plain, measured  ─►  twice TRIAL_RUNS: both in turn, the second half measured  ─►  the faster one, plain where it is close
 *
 * So a function that runs a few times is not compiled twice, and one whose runs are long is never marked. Where other
 * programs keep the machine busy, a choice may be wrong: it is made again a few times, after more and more runs.
 */
import type { Clock } from '@pappus/core';
import type { GuestInstance, InstanceSource } from './guest-instance.ts';
import { MARKED_GAIN, MAX_TRIAL_RUN_MS, MAX_TRIALS, PLAIN_RUNS, RUNS_BETWEEN_TRIALS, TRIAL_RUNS } from './limits.ts';

/** Null where the code can't mark what it writes. */
export type MakeMarked = () => InstanceSource | null;

export class TrialInstances implements InstanceSource {
  readonly #clock: Clock;
  readonly #makeMarked: MakeMarked;
  readonly #plain: InstanceSource;
  #marked: InstanceSource | null = null;
  #used: InstanceSource;
  #runs = 0;
  #trials = 0;
  /** Runs until the choice is made again; 0: it stands. */
  #untilTrial = 0;
  #begunMs = 0;
  /** Since when the guest has ended; null while it runs. */
  #endedMs: number | null = null;
  /** Of plain and of marked runs. Null when the choice has been made. */
  #spentMs: readonly [plain: number[], marked: number[]] | null = [[], []];

  constructor(plain: InstanceSource, makeMarked: MakeMarked, clock: Clock) {
    this.#plain = plain;
    this.#makeMarked = makeMarked;
    this.#used = plain;
    this.#clock = clock;
  }

  get keptBytes(): number {
    const samples = this.#spentMs === null ? 0 : this.#spentMs[0].length + this.#spentMs[1].length;
    return this.#plain.keptBytes + (this.#marked?.keptBytes ?? 0) + samples * Float64Array.BYTES_PER_ELEMENT;
  }

  enter(inputBytes: number): GuestInstance {
    if (this.#untilTrial > 0 && --this.#untilTrial === 0) this.#tryAgain();
    if (this.#spentMs !== null) {
      this.#used = this.#next();
      this.#begunMs = this.#clock.nowMs();
    }
    return this.#used.enter(inputBytes);
  }

  ended(): void {
    if (this.#spentMs !== null) this.#endedMs = this.#clock.nowMs();
  }

  leave(): void {
    if (this.#endedMs !== null) this.#begunMs += this.#clock.nowMs() - this.#endedMs;
    this.#endedMs = null;
    this.#used.leave();
    if (this.#spentMs === null) return;
    this.#spentMs[this.#used === this.#marked ? 1 : 0].push(this.#clock.nowMs() - this.#begunMs);
  }

  rest(): void {
    this.#plain.rest();
    this.#marked?.rest();
  }

  wake(): void {
    this.#used.wake();
  }

  #next(): InstanceSource {
    const run = this.#runs++;
    if (run < PLAIN_RUNS) return this.#plain;
    if (run === PLAIN_RUNS) {
      this.#marked = this.#medianMs(0) > MAX_TRIAL_RUN_MS ? null : this.#makeMarked();
      if (this.#marked === null) return this.#settle(this.#plain);
    }
    if (run === PLAIN_RUNS + TRIAL_RUNS) this.#spentMs = [[], []];
    if (run === PLAIN_RUNS + 2 * TRIAL_RUNS) return this.#settle(this.#medianMs(1) < MARKED_GAIN * this.#medianMs(0) ? this.#marked : this.#plain);
    return run % 2 === 0 || this.#marked === null ? this.#plain : this.#marked;
  }

  #settle(chosen: InstanceSource | null): InstanceSource {
    this.#spentMs = null;
    const kept = chosen ?? this.#plain;
    for (const other of [this.#plain, this.#marked]) if (other !== kept) other?.rest();
    if (this.#marked !== null && ++this.#trials < MAX_TRIALS) this.#untilTrial = RUNS_BETWEEN_TRIALS * 4 ** (this.#trials - 1);
    else if (kept === this.#plain) this.#marked = null;
    return kept;
  }

  /** Both are compiled: they are measured at once. */
  #tryAgain(): void {
    this.#runs = PLAIN_RUNS + TRIAL_RUNS;
    this.#spentMs = [[], []];
  }

  #medianMs(which: 0 | 1): number {
    const spent = Float64Array.from(this.#spentMs?.[which] ?? []).sort();
    return spent[spent.length >> 1] ?? 0;
  }
}
