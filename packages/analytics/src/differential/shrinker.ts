/**
 * Makes a failing random query small: tries one cut after the other and keeps each that still fails. A cut may
 * make a query that DuckDB refuses; then it no longer fails in the same way, and the cut is dropped.
 */
import { cutsOf } from './shrink-cuts.ts';
import { printQuery } from './sql-printer.ts';
import type { Query } from './sql-tree.ts';

export interface ShrinkOptions {
  readonly query: Query;
  stillFails(query: Query): Promise<boolean>;
  /** Queries to try at the most. */
  readonly attempts: number;
}

/** The smallest failing query found; the one given where nothing could be cut. */
export async function shrink(options: ShrinkOptions): Promise<Query> {
  let smallest = options.query;
  let left = options.attempts;
  const tried = new Set<string>();
  for (let cut = true; cut && left > 0; ) {
    cut = false;
    const candidates = [...cutsOf(smallest)].toSorted((one, other) => printQuery(one).length - printQuery(other).length);
    for (const candidate of candidates) {
      const text = printQuery(candidate);
      if (left <= 0 || text.length >= printQuery(smallest).length) break;
      if (tried.has(text)) continue;
      tried.add(text);
      left--;
      if (await options.stillFails(candidate)) {
        smallest = candidate;
        cut = true;
        break;
      }
    }
  }
  return smallest;
}
