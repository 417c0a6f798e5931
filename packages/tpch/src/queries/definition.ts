/** What a TPC-H query is here: SQL as a function of its substitution parameters (specification, clause 2.4). */
import type { Random } from '@pappus/core';

export interface QueryDefinition<Parameters> {
  readonly number: number;
  readonly title: string;
  /** DuckDB SQL. */
  readonly sql: (parameters: Parameters) => string;
  /** The parameters of the specification's query validation, for which it states the answers at scale factor 1. */
  readonly validation: Parameters;
  /** Parameters after the query's substitution rules. */
  readonly random: (random: Random, scaleFactor: number) => Parameters;
  /** Parameters that depend on the scale factor; none for most queries. */
  readonly scaled?: (parameters: Parameters, scaleFactor: number) => Parameters;
  /** Result rows at scale factor 1 with the validation parameters. */
  readonly validationRows: number;
}

/** A query whatever its parameters are. */
export interface TpchQuery {
  readonly number: number;
  readonly title: string;
  readonly validationRows: number;
  validationSql(scaleFactor: number): string;
  randomSql(random: Random, scaleFactor: number): string;
}

export interface ParameterizedQuery<Parameters> extends TpchQuery, QueryDefinition<Parameters> {}

export function defineQuery<Parameters>(definition: QueryDefinition<Parameters>): ParameterizedQuery<Parameters> {
  const { sql, validation, random, scaled = (parameters: Parameters) => parameters } = definition;
  return Object.freeze({
    ...definition,
    validationSql: (scaleFactor: number) => sql(scaled(validation, scaleFactor)),
    randomSql: (source: Random, scaleFactor: number) => sql(random(source, scaleFactor)),
  });
}
