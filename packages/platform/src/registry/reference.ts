/** How callers name what is registered: `name` for its latest version, `name@hash` or a beginning of the hash for one. */
import { AppError } from '@pappus/core';
import { MAX_NAME_CHARS, MAX_NAMES_COMPARED, MIN_HASH_PREFIX_CHARS } from './limits.ts';

export interface Reference {
  readonly name: string;
  /** The beginning of a hash; null for the latest version. */
  readonly hashPrefix: string | null;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HASH_PREFIX = /^[0-9a-f]{1,64}$/;
const SHOWN_CHARS = 160;

export const isName = (text: string): boolean => text.length <= MAX_NAME_CHARS && NAME.test(text);

export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const hashPrefix = at < 0 ? null : text.slice(at + 1);
  if (!isName(name)) throw new AppError('invalid-argument', `${shown(name)} is no name: letters, digits and '_', not beginning with a digit, at most ${MAX_NAME_CHARS}`);
  if (hashPrefix !== null && !HASH_PREFIX.test(hashPrefix)) {
    throw new AppError('invalid-argument', `${shown(text)}: what stands behind '@' is the beginning of a version's hash, in digits and a to f`);
  }
  if (hashPrefix !== null && hashPrefix.length < MIN_HASH_PREFIX_CHARS) {
    throw new AppError('invalid-argument', `${text}: give at least ${MIN_HASH_PREFIX_CHARS} digits of the hash`);
  }
  return { name, hashPrefix };
}

/** Quoted, and cut: what a stranger sends may be long or hold control characters. */
export const shown = (text: string): string => JSON.stringify(text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}…`);

/** The name nearest to a mistyped one, or null when none is near. */
export function nearestName(wanted: string, names: Iterable<string>): string | null {
  const bound = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let bestDistance = bound + 1;
  let compared = 0;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= bestDistance) continue;
    if ((compared += 1) > MAX_NAMES_COMPARED) break;
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Levenshtein's, one row at a time. */
function editDistance(left: string, right: string): number {
  const row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    let diagonal = row[0] as number;
    row[0] = i;
    for (let j = 1; j <= right.length; j += 1) {
      const above = row[j] as number;
      const changed = diagonal + (left[i - 1] === right[j - 1] ? 0 : 1);
      row[j] = Math.min(changed, above + 1, (row[j - 1] as number) + 1);
      diagonal = above;
    }
  }
  return row[right.length] as number;
}
