/** A relation of a FROM clause together with what the generator knows of it. */
import type { NamedColumn } from './query-maker.ts';
import type { Column, JoinKind, Relation } from './sql-tree.ts';

export interface SourceColumn extends Column {
  /** The chance that two random rows hold the same value. */
  readonly match: number;
}

export interface Source {
  readonly relation: Relation;
  readonly columns: readonly SourceColumn[];
  /** A rough upper bound. */
  readonly rows: number;
}

/** What is assumed of a computed column. */
const COMPUTED_MATCH = 0.3;

export function columnSource(relation: Relation, alias: string, columns: readonly NamedColumn[], rows: number): Source {
  const named = columns.map(({ name, family }): SourceColumn => ({ kind: 'column', alias, name, family, match: COMPUTED_MATCH }));
  return { relation, columns: named, rows };
}

/** Every pair of rows. */
export function crossed(left: Source, right: Source, join: JoinKind): Source {
  const relation: Relation = { kind: 'join', join, left: left.relation, right: right.relation, on: [], using: [] };
  return { relation, columns: [...left.columns, ...right.columns], rows: left.rows * right.rows };
}
