/** Distribution options by seed: small tables are split, and every kind of exchange is chosen by some seed. */
import type { DistributionOptions } from '../plan/distribute/options.ts';
import { seededDice } from './dice.ts';

export type DistributionChoice = Partial<Omit<DistributionOptions, 'workers'>>;

/** The defaults, too, are drawn now and then. */
export function randomDistribution(seed: number): DistributionChoice {
  const dice = seededDice(seed ^ 0x5eed);
  const chosen = {
    replicateMaxRows: dice.weighted([[6, 0], [2, 100], [1, undefined]] as const),
    broadcastWeight: dice.weighted([[2, 0], [2, undefined], [3, 1e9]] as const),
    gatherMaxRows: dice.weighted([[3, 0], [1, undefined]] as const),
    fragmentMinRows: dice.weighted([[2, 0], [3, 40], [1, undefined]] as const),
    partialMaxFraction: dice.weighted([[1, 0], [1, undefined], [2, 9]] as const),
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
}
