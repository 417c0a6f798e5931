/**
 * The plan tree: relational operators over positional columns, immutable. A node's output columns are `types`.
 * `exchange` nodes are put in by distribution (`distribute/`); the stage cut (`stages/`) turns them into edges.
 */
import type { Expression, SortKey } from './expression.ts';

interface Base {
  /** SQL types of the output columns, by position. */
  readonly types: readonly string[];
}

export interface Scan extends Base {
  readonly kind: 'scan';
  readonly table: string;
  /** Names of the table's columns that are read, in output order. */
  readonly columns: readonly string[];
  /** True when each worker reads its own row groups, false when whoever runs the stage reads all. */
  readonly split: boolean;
}

/** Constant rows. One row of no columns is SQL's SELECT without FROM; no rows is an empty relation. */
export interface Values extends Base {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

export interface Filter extends Base {
  readonly kind: 'filter';
  readonly input: Plan;
  readonly predicates: readonly Expression[];
}

export interface Project extends Base {
  readonly kind: 'project';
  readonly input: Plan;
  readonly expressions: readonly Expression[];
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'single' | 'mark';

export interface JoinCondition {
  /** Over the left input's columns. */
  readonly left: Expression;
  /** Over the right input's columns. */
  readonly right: Expression;
  readonly comparison: string;
}

/**
 * Output: left then right columns; left alone for semi and anti; left and one BOOLEAN for mark. `single` is a left
 * join that fails when a left row has several partners.
 */
export interface Join extends Base {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: Plan;
  readonly right: Plan;
  readonly conditions: readonly JoinCondition[];
  /** Over left then right columns. */
  readonly residual: Expression | null;
}

export interface AggregateCall {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  readonly filter: Expression | null;
  readonly orders: readonly SortKey[];
  readonly type: string;
}

/** Output: groups, then aggregates, then one BIGINT for each grouping function. */
export interface Aggregate extends Base {
  readonly kind: 'aggregate';
  readonly input: Plan;
  readonly groups: readonly Expression[];
  /** Group positions of each grouping set; null when all groups form the only one. */
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly groupingFunctions: readonly (readonly number[])[];
  readonly aggregates: readonly AggregateCall[];
}

/** With `on`, one row for each value of those expressions: the first by `orders`. */
export interface Distinct extends Base {
  readonly kind: 'distinct';
  readonly input: Plan;
  readonly on: readonly Expression[] | null;
  readonly orders: readonly SortKey[];
}

/** Sorts; with a limit it keeps `limit` rows behind the first `offset`. */
export interface Sort extends Base {
  readonly kind: 'sort';
  readonly input: Plan;
  readonly orders: readonly SortKey[];
  readonly limit: number | null;
  readonly offset: number;
}

export interface Limit extends Base {
  readonly kind: 'limit';
  readonly input: Plan;
  readonly limit: number | null;
  readonly offset: number;
}

export interface SetOperation extends Base {
  readonly kind: 'set';
  readonly operation: 'UNION' | 'EXCEPT' | 'INTERSECT';
  readonly all: boolean;
  readonly left: Plan;
  readonly right: Plan;
}

export interface WindowCall {
  /** The function call and its OVER clause, complete. */
  readonly expression: Expression;
  readonly partitions: readonly Expression[];
}

/** Output: input columns, then one for each window call. */
export interface Window extends Base {
  readonly kind: 'window';
  readonly input: Plan;
  readonly calls: readonly WindowCall[];
}

/** Output: input columns, then one for each unnested expression. */
export interface Unnest extends Base {
  readonly kind: 'unnest';
  readonly input: Plan;
  readonly expressions: readonly Expression[];
}

/** A use of a plan that stands once in `PlanTree.shared`: a CTE, or the outer side of a correlated subquery. */
export interface Shared extends Base {
  readonly kind: 'shared';
  readonly id: number;
}

export type ExchangeRouting =
  | { readonly kind: 'hash'; readonly keys: readonly Expression[] }
  | { readonly kind: 'broadcast' }
  | { readonly kind: 'gather' }
  /** Each worker keeps its rows: between a shared stage and one of its consumers. */
  | { readonly kind: 'forward' };

export interface Exchange extends Base {
  readonly kind: 'exchange';
  readonly input: Plan;
  readonly routing: ExchangeRouting;
  /** True when every worker has a part of the input, false when worker 0 has all of it. */
  readonly spread: boolean;
}

/** Keeps, of rows that every worker has, each worker's own part: by hash of the keys, or all on worker 0 when there are none. */
export interface Own extends Base {
  readonly kind: 'own';
  readonly input: Plan;
  readonly keys: readonly Expression[];
}

export type Plan =
  | Scan | Values | Filter | Project | Join | Aggregate | Distinct | Sort | Limit | SetOperation | Window | Unnest | Shared | Exchange | Own;

export interface PlanTree {
  readonly root: Plan;
  /** Shared subplans by id; one may refer to others of a lower id. */
  readonly shared: ReadonlyMap<number, Plan>;
}

/** The inputs of a node, in order. */
export function inputsOf(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'shared':
      return [];
    case 'join':
    case 'set':
      return [plan.left, plan.right];
    default:
      return [plan.input];
  }
}
