/** Interleaved rounds: what is compared is measured alternately in one run, so that a slow minute hits all alike. */
import type { BenchContext } from './bench.ts';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? upper)) / 2 : upper;
}

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

export interface Round {
  /** 0 is not measured: it warms caches, and answers are checked in it. */
  readonly number: number;
  readonly measured: boolean;
}

/** Round 0 and then as many as the flags say, unless the time is over before. Resolves with the number of measured rounds. */
export async function inRounds({ flags, report, signal }: BenchContext, work: (round: Round) => Promise<void>): Promise<number> {
  const began = performance.now();
  for (let number = 0; number <= flags.rounds; number++) {
    const minutes = (performance.now() - began) / 60_000;
    if (number > 1 && minutes > flags.minutes) {
      report.text(`After ${minutes.toFixed(0)} minutes: ${number - 1} rounds instead of ${flags.rounds}.`);
      return number - 1;
    }
    process.stderr.write(number === 0 ? 'round 0, not measured …\n' : `round ${number} of ${flags.rounds} …\n`);
    signal.throwIfAborted();
    await work({ number, measured: number > 0 });
  }
  return flags.rounds;
}

/** The contestants in turn, in the opposite order in every second round: none always comes first. */
export function inTurn<T>(round: Round, contestants: readonly T[]): readonly T[] {
  return round.number % 2 === 0 ? contestants : contestants.toReversed();
}

export async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Values by name, one for each round. */
export class Samples<Key> {
  readonly #values = new Map<Key, number[]>();

  add(key: Key, value: number): void {
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  of(key: Key): readonly number[] {
    return this.#values.get(key) ?? [];
  }

  median(key: Key): number {
    return median(this.of(key));
  }
}
