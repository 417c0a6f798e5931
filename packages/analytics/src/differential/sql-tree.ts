/**
 * The tree of a random query: structured where the shrinker cuts (select lists, joins, conjuncts, CTEs), and
 * plain templates everywhere else. Aliases are unique over a whole query, so a column is named by alias and
 * name alone and can be replaced without looking at scopes.
 */

/** Kinds of values that the generator keeps apart; DuckDB casts between the members of one family by itself. */
export type Family = 'integer' | 'decimal' | 'double' | 'text' | 'date' | 'timestamp' | 'boolean' | 'list' | 'struct';

export interface Column {
  readonly kind: 'column';
  readonly family: Family;
  readonly alias: string;
  readonly name: string;
}

/** The grouping expression of that number of the enclosing select. */
export interface Key {
  readonly kind: 'key';
  readonly family: Family;
  readonly index: number;
}

export interface Template {
  readonly kind: 'template';
  readonly family: Family;
  /** Its value is certain only as a whole (an order within it): the shrinker does not cut inside. */
  readonly atomic?: true;
  readonly pieces: readonly Piece[];
}

export type Expression = Column | Key | Template;
export type Piece = string | Expression | Query;

export interface Item {
  readonly name: string;
  readonly expression: Expression;
}

export interface Grouping {
  readonly keys: readonly Expression[];
  /** `sets` are lists of key numbers; the other two need none. */
  readonly mode: 'plain' | 'rollup' | 'cube' | 'sets';
  readonly sets: readonly (readonly number[])[];
}

export interface Select {
  readonly kind: 'select';
  /** `first`: DISTINCT ON the first column, the printer sees to a total order. */
  readonly distinct: 'all' | 'first' | null;
  readonly items: readonly Item[];
  readonly from: Relation | null;
  readonly where: readonly Expression[];
  readonly grouping: Grouping | null;
  readonly having: readonly Expression[];
  readonly qualify: readonly Expression[];
}

export interface SetOperation {
  readonly kind: 'set';
  readonly operator: 'UNION' | 'EXCEPT' | 'INTERSECT';
  readonly all: boolean;
  readonly left: Body;
  readonly right: Body;
}

export interface Values {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

/** The counting of 1 to `steps`, multiplied by a factor at each step. */
export interface Recursion {
  readonly kind: 'recursion';
  readonly steps: number;
  readonly all: boolean;
}

export type Body = Select | SetOperation | Values | Recursion;

export interface OrderKey {
  /** Zero-based output column. */
  readonly column: number;
  readonly descending: boolean;
  readonly nulls: 'FIRST' | 'LAST' | null;
}

export interface Cte {
  readonly name: string;
  readonly query: Query;
  readonly materialized: boolean | null;
}

export interface Query {
  readonly kind: 'query';
  readonly ctes: readonly Cte[];
  readonly body: Body;
  readonly order: readonly OrderKey[];
  /** `LIMIT 5 OFFSET 2`. The printer then orders by all columns, so that the rows left are certain. */
  readonly limit: string | null;
}

export type JoinKind = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'SEMI' | 'ANTI' | 'CROSS' | 'ASOF' | 'ASOF LEFT';

export interface Table {
  readonly kind: 'table';
  readonly name: string;
  readonly alias: string;
}

export interface Derived {
  readonly kind: 'derived';
  readonly query: Query;
  readonly alias: string;
  readonly lateral: boolean;
}

export interface Unnest {
  readonly kind: 'unnest';
  readonly list: Expression;
  readonly alias: string;
  readonly column: string;
}

export interface Join {
  readonly kind: 'join';
  readonly join: JoinKind;
  readonly left: Relation;
  readonly right: Relation;
  readonly on: readonly Expression[];
  readonly using: readonly string[];
}

export type Relation = Table | Derived | Unnest | Join;

type Builder = (strings: TemplateStringsArray, ...values: readonly Piece[]) => Template;

/** A tagged template that makes an expression: sql('integer')`(${left} + ${right})`. */
export function sql(family: Family): Builder {
  return (strings, ...values) => {
    const pieces = strings.flatMap((text, index): Piece[] => {
      const value = values[index];
      return value === undefined ? [text] : [text, value];
    });
    return { kind: 'template', family, pieces: pieces.filter((piece) => piece !== '') };
  };
}

export const atomic = (whole: Template): Template => ({ ...whole, atomic: true });

/** Expressions with a separator between them, as pieces of a template. */
export const joined = (pieces: readonly Piece[], separator: string): readonly Piece[] =>
  pieces.flatMap((piece, index) => (index === 0 ? [piece] : [separator, piece]));

export const template = (family: Family, pieces: readonly Piece[]): Template => ({ kind: 'template', family, pieces });

const SQL_TYPES: Readonly<Record<Family, string>> = {
  integer: 'INTEGER',
  decimal: 'DECIMAL(15,2)',
  double: 'DOUBLE',
  text: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  boolean: 'BOOLEAN',
  list: 'INTEGER[]',
  struct: 'STRUCT(a INTEGER, b VARCHAR)',
};

export const nullOf = (family: Family): Template => template(family, [`(NULL::${SQL_TYPES[family]})`]);

export const emptySelect: Select = {
  kind: 'select',
  distinct: null,
  items: [],
  from: null,
  where: [],
  grouping: null,
  having: [],
  qualify: [],
};

export const queryOf = (body: Body): Query => ({ kind: 'query', ctes: [], body, order: [], limit: null });

/** The output columns by which the rows of the printed query come ordered; empty when they come in any order. */
export function orderedColumns(query: Query): readonly number[] {
  const total = query.limit !== null || (query.body.kind === 'select' && query.body.distinct === 'first');
  return total ? outputNames(query.body).map((_, column) => column) : query.order.map((key) => key.column);
}

/** Names of a body's output columns. */
export function outputNames(body: Body): readonly string[] {
  switch (body.kind) {
    case 'select':
      return body.items.map((item) => item.name);
    case 'set':
      return outputNames(body.left);
    case 'values':
      return (body.rows[0] ?? []).map((_, index) => `c${index}`);
    case 'recursion':
      return ['c0', 'c1'];
  }
}
