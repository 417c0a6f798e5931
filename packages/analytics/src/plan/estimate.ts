/**
 * How many rows and bytes a plan yields, from what Parquet footers tell: row counts, minimum, maximum, NULL fraction
 * and width of each column. Distinct values are guessed from the range. Estimates steer the choice between
 * broadcast and hash exchanges; a wrong one costs time, never rows.
 */
import { defined, unreachable } from '@pappus/core';
import type { Table, TableColumn } from '../catalog/table.ts';
import type { Expression } from './expression.ts';
import { operands } from './expression.ts';
import type { Aggregate, Join, Plan } from './node.ts';
import { selectivity } from './selectivity.ts';

export interface ColumnEstimate {
  /** Different values, at least 1. */
  readonly distinct: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly widthBytes: number;
}

export interface Estimate {
  readonly rows: number;
  readonly columns: readonly ColumnEstimate[];
}

export const bytesOf = (estimate: Estimate): number => estimate.rows * estimate.columns.reduce((sum, column) => sum + column.widthBytes, 4);

/** Remembers the estimate of each node, so that asking again for a subtree costs nothing. */
export class Estimator {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #shared: ReadonlyMap<number, Plan>;
  readonly #keys: ReadonlyMap<string, number>;
  readonly #known = new WeakMap<Plan, Estimate>();

  constructor(tables: ReadonlyMap<string, Table>, shared: ReadonlyMap<number, Plan>) {
    this.#tables = tables;
    this.#keys = keyRanges(tables);
    this.#shared = shared;
  }

  estimate(plan: Plan): Estimate {
    const known = this.#known.get(plan);
    if (known !== undefined) return known;
    const fresh = this.#derive(plan);
    this.#known.set(plan, fresh);
    return fresh;
  }

  #derive(plan: Plan): Estimate {
    switch (plan.kind) {
      case 'scan':
        return scanEstimate(defined(this.#tables.get(plan.table), plan.table), plan.columns, this.#keys);
      case 'values':
        return { rows: plan.rows.length, columns: plan.types.map(typeEstimate(plan.rows.length)) };
      case 'shared':
        return this.estimate(defined(this.#shared.get(plan.id), `shared plan ${plan.id}`));
      case 'exchange':
      case 'own':
        return this.estimate(plan.input);
      case 'filter':
        return this.#filtered(plan.input, plan.predicates);
      case 'project':
        return this.#projected(plan.input, plan.expressions, false);
      case 'window':
        return this.#projected(plan.input, plan.calls.map((call) => call.expression), true);
      case 'unnest':
        return scaled(this.#projected(plan.input, plan.expressions, true), UNNEST_FACTOR);
      case 'join':
        return joinEstimate(plan, this.estimate(plan.left), this.estimate(plan.right));
      case 'aggregate':
        return aggregateEstimate(plan, this.estimate(plan.input));
      case 'distinct':
        return distinctEstimate(this.estimate(plan.input), plan.on);
      case 'sort':
      case 'limit':
        return capped(this.estimate(plan.input), plan.limit ?? Number.POSITIVE_INFINITY);
      case 'set': {
        const [left, right] = [this.estimate(plan.left), this.estimate(plan.right)];
        return plan.operation === 'UNION' ? { rows: left.rows + right.rows, columns: left.columns } : scaled(left, 0.5);
      }
      default:
        return unreachable(plan, 'plan node');
    }
  }

  #filtered(input: Plan, predicates: readonly Expression[]): Estimate {
    const before = this.estimate(input);
    return scaled(before, predicates.reduce((product, predicate) => product * selectivity(predicate, before.columns), 1));
  }

  #projected(input: Plan, expressions: readonly Expression[], keepsInput: boolean): Estimate {
    const before = this.estimate(input);
    const added = expressions.map((expression) => expressionEstimate(expression, before));
    return { rows: before.rows, columns: keepsInput ? [...before.columns, ...added] : added };
  }
}

const UNNEST_FACTOR = 4;

function scanEstimate(table: Table, names: readonly string[], keys: ReadonlyMap<string, number>): Estimate {
  const columns = names.map((name): ColumnEstimate => {
    const found = defined(table.columns.find((column) => column.name === name), `column ${name} of ${table.name}`);
    const { min, max, widthBytes } = found.statistics;
    return { distinct: distinctGuess(found, keys.get(rangeOf(found) ?? '') ?? table.rows), min, max, widthBytes };
  });
  return { rows: table.rows, columns };
}

/**
 * The same range of whole numbers in two tables is a key and its foreign key: the larger table has no more values of
 * it than the smaller one has rows. By range, the fewest rows of any table.
 */
function keyRanges(tables: ReadonlyMap<string, Table>): ReadonlyMap<string, number> {
  const fewest = new Map<string, number>();
  for (const table of tables.values()) {
    for (const column of table.columns) {
      const range = rangeOf(column);
      if (range !== null) fewest.set(range, Math.min(fewest.get(range) ?? Number.POSITIVE_INFINITY, table.rows));
    }
  }
  return fewest;
}

/** Null for columns that cannot be keys. */
function rangeOf(column: TableColumn): string | null {
  const { min, max } = column.statistics;
  return min !== null && max !== null && /INT/.test(column.type) ? `${min}:${max}` : null;
}

/**
 * Different values of a column. Whole numbers and dates have at most one for each step of their range; a dictionary
 * whose indexes take n bits has at most 2^n; of the rest little is known.
 */
function distinctGuess(column: TableColumn, rows: number): number {
  const { min, max, encodedBits } = column.statistics;
  const byRange = min !== null && max !== null && /INT|DATE/.test(column.type) ? max - min + 1 : rows ** 0.9;
  const byDictionary = encodedBits <= MAX_DICTIONARY_BITS ? 2 ** Math.round(encodedBits) : rows;
  const byType = column.type === 'BOOLEAN' ? 2 : rows;
  return Math.max(1, Math.ceil(Math.min(rows, byRange, byDictionary, byType)));
}

/** Beyond that a column is hardly a dictionary any more: the values themselves count. */
const MAX_DICTIONARY_BITS = 14;

const WIDTHS: Readonly<Record<string, number>> = { BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INTEGER: 4, DATE: 4, FLOAT: 4, VARCHAR: 24, HUGEINT: 16, '"NULL"': 1 };

const typeEstimate = (rows: number) => (type: string): ColumnEstimate =>
  ({ distinct: Math.max(1, rows), min: null, max: null, widthBytes: WIDTHS[type] ?? (Number(/^DECIMAL\((\d+)/.exec(type)?.[1] ?? 0) > 18 ? 16 : 8) });

/** A column keeps its estimate; a function of columns has at most as many values as they have together. */
function expressionEstimate(expression: Expression, input: Estimate): ColumnEstimate {
  if (expression.kind === 'column') return defined(input.columns[expression.index], `column ${expression.index}`);
  const inner = operands(expression).map((operand) => expressionEstimate(operand, input).distinct);
  const product = inner.reduce((left, right) => Math.min(input.rows, left * right), 1);
  return { ...typeEstimate(product)(expression.type), distinct: Math.max(1, product) };
}

function scaled(estimate: Estimate, factor: number): Estimate {
  return capped({ rows: estimate.rows * factor, columns: estimate.columns }, Number.POSITIVE_INFINITY);
}

function capped(estimate: Estimate, rows: number): Estimate {
  const kept = Math.min(rows, estimate.rows);
  return { rows: kept, columns: estimate.columns.map((column) => ({ ...column, distinct: Math.max(1, Math.min(column.distinct, kept)) })) };
}

function joinEstimate(plan: Join, left: Estimate, right: Estimate): Estimate {
  const pairs = left.rows * right.rows * matchFraction(plan, left, right);
  const both = [...left.columns, ...right.columns];
  switch (plan.type) {
    case 'inner':
      return capped({ rows: pairs, columns: both }, Number.POSITIVE_INFINITY);
    case 'left':
      return { rows: Math.max(left.rows, pairs), columns: both };
    case 'right':
      return { rows: Math.max(right.rows, pairs), columns: both };
    case 'full':
      return { rows: Math.max(left.rows + right.rows, pairs), columns: both };
    case 'single':
      return { rows: left.rows, columns: both };
    case 'semi':
      return capped(left, Math.min(left.rows, pairs));
    case 'anti':
      return scaled(left, 0.3);
    case 'mark':
      return { rows: left.rows, columns: [...left.columns, typeEstimate(2)('BOOLEAN')] };
    default:
      return unreachable(plan.type, 'join type');
  }
}

/** The classical estimate: each equality keeps one of max(distinct left, distinct right) pairs. */
function matchFraction(plan: Join, left: Estimate, right: Estimate): number {
  let fraction = plan.residual === null ? 1 : 0.5;
  for (const condition of plan.conditions) {
    if (condition.comparison !== '=' && condition.comparison !== 'IS NOT DISTINCT FROM') fraction *= 0.4;
    else fraction /= Math.max(expressionEstimate(condition.left, left).distinct, expressionEstimate(condition.right, right).distinct, 1);
  }
  // Several keys are rarely independent: a row finds at least one in a thousand of the larger side.
  return Math.max(fraction, 1 / Math.max(1, Math.max(left.rows, right.rows) * 1000));
}

function aggregateEstimate(plan: Aggregate, input: Estimate): Estimate {
  const groups = plan.groups.map((group) => expressionEstimate(group, input));
  const rows = groups.length === 0 ? 1 : Math.min(input.rows, groups.reduce((product, group) => product * group.distinct, 1));
  const rest = plan.types.slice(groups.length).map(typeEstimate(rows));
  return capped({ rows: rows * (plan.groupingSets?.length ?? 1), columns: [...groups, ...rest] }, Number.POSITIVE_INFINITY);
}

function distinctEstimate(input: Estimate, on: readonly Expression[] | null): Estimate {
  const keys = on === null ? input.columns : on.map((key) => expressionEstimate(key, input));
  return capped(input, Math.min(input.rows, keys.reduce((product, key) => product * key.distinct, 1)));
}
