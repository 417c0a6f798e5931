/**
 * Differential testing: random queries run by an engine and by one DuckDB process must give the same answer.
 * A failure comes with the seed that makes the query again, and with a smaller query that fails too.
 */
import type { Answer, Rows } from './rows.ts';
import { errorMessage } from '@pappus/core';
import { differenceOf, type Difference } from './oracle.ts';
import { randomQuery, type RandomQuery } from './random-query.ts';
import { shrink } from './shrinker.ts';
import { printQuery } from './sql-printer.ts';
import { orderedColumns, type Query } from './sql-tree.ts';

export interface DifferentialOptions {
  /** The first query's seed; the others count up from it. */
  readonly seed: number;
  readonly count: number;
  /** The engine under test; it may run each seed in another way. A rejection is an answer: the other side may refuse the query as well. */
  run(sql: string, seed: number): Promise<Rows>;
  /** What is right: one DuckDB process. */
  oracle(sql: string): Promise<Answer>;
  /** Smaller queries to try for each failure; 0 leaves failures as they are. */
  readonly shrinkAttempts?: number;
  readonly signal?: AbortSignal;
  /** Called after each query, for progress and statistics. */
  onQuery?(query: RandomQuery, expected: Answer): void;
}

export interface DifferentialFailure {
  readonly seed: number;
  readonly sql: string;
  readonly features: readonly string[];
  readonly difference: string;
  readonly shrunkSql: string;
  readonly shrunkDifference: string;
}

const DEFAULT_SHRINK_ATTEMPTS = 400;

export async function* differential(options: DifferentialOptions): AsyncGenerator<DifferentialFailure> {
  for (let index = 0; index < options.count; index++) {
    options.signal?.throwIfAborted();
    const query = randomQuery(options.seed + index);
    const { expected, difference } = await compare(options, query.tree, query.seed);
    options.onQuery?.(query, expected);
    if (difference !== null) yield await smallest(options, query, difference);
  }
}

interface Comparison {
  readonly expected: Answer;
  readonly difference: Difference | null;
}

async function compare(options: DifferentialOptions, tree: Query, seed: number): Promise<Comparison> {
  const sql = printQuery(tree);
  const expected = await options.oracle(sql);
  const actual = await answerOf(options, sql, seed);
  return { expected, difference: differenceOf(expected, actual, { orderedBy: orderedColumns(tree) }) };
}

async function answerOf(options: DifferentialOptions, sql: string, seed: number): Promise<Answer> {
  try {
    return { kind: 'rows', rows: await options.run(sql, seed) };
  } catch (error) {
    return { kind: 'error', message: errorMessage(error) };
  }
}

async function smallest(options: DifferentialOptions, query: RandomQuery, difference: Difference): Promise<DifferentialFailure> {
  const { seed, sql, features } = query;
  let shrunkDifference = difference.text;
  const shrunk = await shrink({
    query: query.tree,
    attempts: options.shrinkAttempts ?? DEFAULT_SHRINK_ATTEMPTS,
    async stillFails(candidate) {
      options.signal?.throwIfAborted();
      const compared = await compare(options, candidate, seed);
      if (compared.expected.kind === 'error' || compared.difference?.kind !== difference.kind) return false;
      shrunkDifference = compared.difference.text;
      return true;
    },
  });
  return { seed, sql, features, difference: difference.text, shrunkSql: printQuery(shrunk), shrunkDifference };
}

/** A failure as text: what to read in a test's report. */
export function describeFailure(failure: DifferentialFailure): string {
  return [`seed ${failure.seed}`, `shrunk: ${failure.shrunkSql}`, failure.shrunkDifference, `whole: ${failure.sql}`].join('\n');
}
