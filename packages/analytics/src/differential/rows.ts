/** A query's answer as text, the form in which two engines' answers are compared. */

export interface RowColumn {
  readonly name: string;
  /** A DuckDB type as SQL text. */
  readonly type: string;
}

export interface Rows {
  readonly columns: readonly RowColumn[];
  /** Each cell as DuckDB casts it to VARCHAR; null is SQL's NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What a run comes to: an error is an answer too, since both sides may refuse a query. */
export type Answer =
  | { readonly kind: 'rows'; readonly rows: Rows }
  | { readonly kind: 'error'; readonly message: string };
