/** What the parts of the query generator share: the dice, fresh aliases, a budget of subqueries, and statistics. */
import { seededDice, type Dice, type Weighted } from './dice.ts';
import type { Column, Cte, Expression, Family, Query } from './sql-tree.ts';

/** Columns in sight: those of the FROM clause, and those of the queries around it. */
export interface Scope {
  readonly columns: readonly Column[];
  readonly outer: readonly Column[];
}

export interface NamedColumn {
  readonly name: string;
  readonly family: Family;
}

/** A CTE that may be read, with what a reader must know of it. */
export interface CteSource {
  readonly cte: Cte;
  readonly columns: readonly NamedColumn[];
  readonly rows: number;
}

export interface QueryRequest {
  /** Families of the output columns; null leaves them to the dice. */
  readonly families: readonly Family[] | null;
  /** Columns of the queries around it that it may read. */
  readonly outer: readonly Column[];
  /** About how many rows its joins may make. */
  readonly maxRows: number;
  /** Read by the user and by no other operator: inexact aggregates and a partial ORDER BY do no harm there. */
  readonly top: boolean;
}

export interface MadeQuery {
  readonly query: Query;
  readonly columns: readonly NamedColumn[];
  readonly rows: number;
}

/** The productions that recur into one another; the modules of the grammar see each other through these. */
export interface Grammar {
  predicate(maker: QueryMaker, scope: Scope, depth: number, subqueries: boolean): Expression;
  subqueryPredicate(maker: QueryMaker, scope: Scope): Expression;
  query(maker: QueryMaker, request: QueryRequest): MadeQuery;
}

export interface QueryMaker {
  readonly grammar: Grammar;
  readonly dice: Dice;
  readonly ctes: CteSource[];
  alias(): string;
  /** Counts a nested query against the budget; false when there is none left. */
  spend(): boolean;
  feature(name: string): void;
  readonly features: ReadonlySet<string>;
}

/** How many derived tables, subqueries and set operations a query may hold together. */
const NESTED_QUERIES: readonly Weighted<number>[] = [[3, 0], [4, 1], [3, 2], [2, 3], [1, 5]];

export function createQueryMaker(seed: number, grammar: Grammar): QueryMaker {
  const features = new Set<string>();
  const dice = seededDice(seed);
  let aliases = 0;
  let nestedLeft = dice.weighted(NESTED_QUERIES);
  return {
    grammar,
    dice,
    ctes: [],
    alias: () => `t${++aliases}`,
    spend: () => nestedLeft-- > 0,
    feature: (name) => features.add(name),
    features,
  };
}

export const scopeOf = (columns: readonly Column[], outer: readonly Column[] = []): Scope => ({ columns, outer });

export const columnsOf = (scope: Scope, family: Family): readonly Column[] =>
  scope.columns.filter((column) => column.family === family);
