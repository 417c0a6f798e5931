/** The fraction of rows that a predicate keeps, by the shape of the predicate and the ranges of its columns. */
import type { ColumnEstimate } from './estimate.ts';
import { operands, type Expression } from './expression.ts';

const DEFAULT = 0.3;
const TEXT_MATCH = 0.1;

export function selectivity(predicate: Expression, columns: readonly ColumnEstimate[]): number {
  if (predicate.kind === 'column') return 0.5;
  const inner = operands(predicate);
  switch (predicate.operator) {
    case 'and':
      return inner.reduce((product, part) => product * selectivity(part, columns), 1);
    case 'or':
      return 1 - inner.reduce((product, part) => product * (1 - selectivity(part, columns)), 1);
    case 'not':
      return inner[0] === undefined ? DEFAULT : 1 - selectivity(inner[0], columns);
    case '=':
      return equality(inner, columns);
    case '<>':
      return 0.9;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return range(predicate.operator, inner, columns);
    case 'in':
      return Math.min(1, (inner.length - 1) * equality(inner, columns));
    case 'is not null':
      return 0.95;
    case 'prefix':
    case 'suffix':
    case 'contains':
    case '~~':
      return TEXT_MATCH;
    case 'literal':
      return predicate.parts[0] === 'false' ? 0 : 1;
    default:
      return DEFAULT;
  }
}

const columnOf = (expressions: readonly Expression[], columns: readonly ColumnEstimate[]): ColumnEstimate | undefined => {
  const found = expressions.find((expression) => expression.kind === 'column');
  return found?.kind === 'column' ? columns[found.index] : undefined;
};

function equality(inner: readonly Expression[], columns: readonly ColumnEstimate[]): number {
  const column = columnOf(inner, columns);
  return column === undefined ? TEXT_MATCH : Math.min(1, Math.max(1 / column.distinct, 0));
}

/** Where the constant lies between the column's minimum and maximum. */
function range(operator: string, inner: readonly Expression[], columns: readonly ColumnEstimate[]): number {
  const [left, right] = inner;
  if (left === undefined || right === undefined) return DEFAULT;
  const flipped = right.kind === 'column' && left.kind !== 'column';
  const [subject, constant] = flipped ? [right, left] : [left, right];
  if (subject.kind !== 'column' || constant.kind === 'column') return DEFAULT;
  const column = columns[subject.index];
  const value = numericLiteral(constant);
  if (column?.min == null || column.max == null || value === null || column.max <= column.min) return DEFAULT;
  const below = Math.min(1, Math.max(0, (value - column.min) / (column.max - column.min)));
  const keepsBelow = operator.startsWith('<') !== flipped;
  return Math.max(0.0005, keepsBelow ? below : 1 - below);
}

/** A literal as the number that column statistics use: dates as days, timestamps as microseconds. */
export function numericLiteral(expression: Expression): number | null {
  if (expression.kind === 'column' || expression.operator !== 'literal') return null;
  const text = String(expression.parts[0]);
  const match = /^(?:CAST\('|\(?)(-?[\d.]+)(?:' AS|\)?$)/.exec(text) ?? /CAST\((-?\d+) AS INTEGER\) AS DATE/.exec(text) ?? /^make_timestamp\(CAST\((-?\d+)/.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]);
}
