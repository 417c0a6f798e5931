/** Runs a randomised test once per seed; a failure names the seed that repeats it. */
import { errorMessage, seededRandom, type Random } from '@pappus/core';

export interface Seeds {
  readonly first?: number;
  readonly count: number;
}

export async function forEachSeed({ first = 1, count }: Seeds, run: (random: Random, seed: number) => Promise<void>): Promise<void> {
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      await run(seededRandom(seed), seed);
    } catch (error) {
      throw new Error(`seed ${seed} (repeat with { first: ${seed}, count: 1 }): ${errorMessage(error)}`, { cause: error });
    }
  }
}
