/**
 * Processor time that a hypervisor gave to other machines while something was measured, as Linux counts it. What needs all
 * processors suffers more from it than what needs one, so even a ratio of what was measured in turn is no measure then: it is
 * measured again.
 */
import { readFileSync } from 'node:fs';

/** As a share of all processor time, idle time included. */
const UNDISTURBED = 0.02;
const MAX_TRIES = 8;
/** In /proc/stat, from `user` on; what guests of ours take counts in `user` already. */
const STEAL = 7;
const COUNTED = 8;

export interface Undisturbed<T> {
  readonly value: T;
  /** Share of the processor time that was stolen meanwhile; null where nobody counts it. */
  readonly stolen: number | null;
}

/** What `work` gives when the least is stolen meanwhile: the first time that it is hardly any, or the best of several. */
export async function undisturbed<T>(work: () => Promise<T>): Promise<Undisturbed<T>> {
  let best: Undisturbed<T> | null = null;
  for (let tries = 1; ; tries++) {
    const before = ticks();
    const value = await work();
    const stolen = stolenSince(before);
    if (best === null || stolen === null || stolen < (best.stolen ?? 0)) best = { value, stolen };
    if (stolen === null || stolen <= UNDISTURBED || tries === MAX_TRIES) return best;
  }
}

function stolenSince(before: readonly number[] | null): number | null {
  const after = ticks();
  if (before === null || after === null) return null;
  const spent = after.map((value, index) => value - (before[index] ?? 0));
  const all = spent.reduce((sum, value) => sum + value, 0);
  return all === 0 ? 0 : (spent[STEAL] ?? 0) / all;
}

function ticks(): readonly number[] | null {
  try {
    return readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, COUNTED + 1).map(Number) ?? null;
  } catch {
    return null;
  }
}
