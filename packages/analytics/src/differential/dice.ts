/** Choices for the generators: everything random in this folder goes through one seeded source. */
import { assert, defined, randomFraction, randomInt, seededRandom } from '@pappus/core';

export type Weighted<T> = readonly [weight: number, value: T];

export interface Dice {
  chance(probability: number): boolean;
  /** A whole number in [low, high]. */
  int(low: number, high: number): number;
  pick<T>(choices: readonly T[]): T;
  weighted<T>(choices: readonly Weighted<T>[]): T;
  /** `count` different elements, or all where there are fewer, in random order. */
  some<T>(choices: readonly T[], count: number): readonly T[];
}

export function seededDice(seed: number): Dice {
  const random = seededRandom(seed);
  const int = (low: number, high: number): number => randomInt(random, low, high);
  const pick = <T>(choices: readonly T[]): T => {
    assert(choices.length > 0, 'a pick from nothing');
    return choices[int(0, choices.length - 1)] as T;
  };
  return {
    int,
    pick,
    chance: (probability) => randomFraction(random) < probability,
    weighted(choices) {
      const total = choices.reduce((sum, [weight]) => sum + weight, 0);
      let left = randomFraction(random) * total;
      const chosen = choices.find(([weight]) => (left -= weight) < 0);
      return defined(chosen ?? choices[choices.length - 1], 'a weighted choice from nothing')[1];
    },
    some(choices, count) {
      const rest = [...choices];
      const taken: (typeof rest)[number][] = [];
      while (taken.length < count && rest.length > 0) taken.push(...rest.splice(int(0, rest.length - 1), 1));
      return taken;
    },
  };
}
