/**
 * What an engine runs: one stage's SQL on one worker, reading input edges as tables and routing its result
 * rows to output edges. Plain data, since it crosses from driver to worker to engine thread.
 */

export interface ColumnType {
  readonly name: string;
  /** A DuckDB type as SQL text: `BIGINT`, `DECIMAL(15,2)`, `STRUCT(a INTEGER)[]`. */
  readonly type: string;
}

/** An edge that the SQL reads as a table of this name. */
export interface FragmentInput {
  readonly edge: number;
  /** Null when the SQL calls `pappus_input(edge)` itself, which spares DuckDB a statement and a name. */
  readonly table: string | null;
  readonly columns: readonly ColumnType[];
  /** How many rows this fragment will probably read; DuckDB orders joins by it. */
  readonly estimatedRows?: number;
}

/** How rows find their consuming fragment. */
export type Routing =
  /** A result column behind the data columns holds the consumer's number (USMALLINT). */
  | { readonly kind: 'column'; readonly column: number }
  /** Every consumer gets every row. */
  | { readonly kind: 'all' }
  /** All rows go to one consumer. */
  | { readonly kind: 'one'; readonly consumer: number };

export interface FragmentOutput {
  readonly edge: number;
  readonly consumers: number;
  readonly routing: Routing;
}

export interface FragmentSpec {
  /** Statements that run first: settings, macros, views over Parquet files. */
  readonly setup: readonly string[];
  /** One SELECT. Its first `columns.length` result columns are data, the ones behind them only route. */
  readonly sql: string;
  readonly columns: readonly ColumnType[];
  readonly inputs: readonly FragmentInput[];
  readonly outputs: readonly FragmentOutput[];
}
