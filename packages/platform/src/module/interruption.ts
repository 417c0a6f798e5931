/**
 * Where code can be ended. The engine looks whether it should end where a function begins and where a loop goes back. What
 * lies between takes no time worth speaking of, but for instructions that work on a range: each may write the whole
 * memory, and a function may have some hundred thousand of them in a row. So where a function has more than a few, a
 * call that does nothing goes before each.
 */
import { inTurn, type Edit } from './code-rewriting.ts';
import type { CodeSite } from './instructions.ts';
import { MAX_UNINTERRUPTED_BULK_SITES } from './limits.ts';
import type { ModuleFacts } from './module-facts.ts';

/** Of the call, with the longest index that a module may have. */
const MAX_PAUSE_BYTES = 10;

const isLong = (sites: readonly CodeSite[]): boolean => sites.length > MAX_UNINTERRUPTED_BULK_SITES;

/** What goes before the bulk instructions of one function: `instead`, a call that does nothing. */
export const interruptions = (sites: readonly CodeSite[], instead: readonly number[]): readonly Edit[] =>
  isLong(sites) ? sites.map(({ at }) => ({ at, until: at, instead, trapsAt: null })) : [];

/** How long the longest of the functions that get them may become. */
export function interruptedBytes({ bodies, code }: ModuleFacts): number {
  const sites = inTurn(code.bulkSites);
  return bodies.reduce((most, { start, end }, index) => {
    const own = sites(index);
    return isLong(own) ? Math.max(most, end - start + own.length * MAX_PAUSE_BYTES) : most;
  }, 0);
}
