/**
 * What the filters directly above a scan say about single columns, as ranges: row groups whose values all lie outside
 * need not be read. The filters stay in the stage's SQL; a range is only ever wider than what they let through.
 */
import { operands, type ColumnRef, type Expression } from '../expression.ts';
import { inputsOf, type Plan, type Scan } from '../node.ts';
import { numericLiteral } from '../selectivity.ts';

/** Both ends belong to it; null is open. Dates count in days, timestamps in microseconds. */
export interface ScanRange {
  readonly column: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** Types whose order is that of the numbers; floats are not among them, since Parquet's statistics leave NaN out. */
const ORDERED = /^(?:U?(?:TINY|SMALL|BIG)INT|U?INTEGER|DECIMAL\(.*|DATE|TIMESTAMP)$/;

/** By scan. One that occurs several times has no ranges: some of its uses may read all. */
export function scanRanges(plan: Plan): ReadonlyMap<Scan, readonly ScanRange[]> {
  const found = new Map<Scan, readonly ScanRange[]>();
  const visit = (node: Plan, predicates: readonly Expression[]): void => {
    if (node.kind === 'scan') found.set(node, found.has(node) ? [] : predicates.flatMap((predicate) => rangesOf(predicate, node)));
    else if (node.kind === 'filter') visit(node.input, [...predicates, ...node.predicates]);
    else inputsOf(node).forEach((input) => visit(input, []));
  };
  visit(plan, []);
  return found;
}

function rangesOf(predicate: Expression, scan: Scan): readonly ScanRange[] {
  if (predicate.kind === 'column') return [];
  const inner = operands(predicate);
  switch (predicate.operator) {
    case 'and':
      return inner.flatMap((part) => rangesOf(part, scan));
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(predicate.operator, inner, scan);
    case 'in':
      return listed(inner, scan);
    default:
      return [];
  }
}

const FLIPPED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function comparison(operator: keyof typeof FLIPPED, [left, right]: readonly Expression[], scan: Scan): readonly ScanRange[] {
  if (left === undefined || right === undefined) return [];
  if (left.kind !== 'column') return right.kind === 'column' ? comparison(FLIPPED[operator], [right, left], scan) : [];
  const value = numericLiteral(right);
  const column = orderedColumn(left, scan);
  if (value === null || column === null) return [];
  return [{ column, min: operator.startsWith('<') ? null : value, max: operator.startsWith('>') ? null : value }];
}

function listed([subject, ...values]: readonly Expression[], scan: Scan): readonly ScanRange[] {
  const column = subject?.kind === 'column' ? orderedColumn(subject, scan) : null;
  const numbers = values.map(numericLiteral).filter((value) => value !== null);
  if (column === null || numbers.length === 0 || numbers.length < values.length) return [];
  return [{ column, min: Math.min(...numbers), max: Math.max(...numbers) }];
}

const orderedColumn = (ref: ColumnRef, scan: Scan): string | null => (ORDERED.test(scan.types[ref.index] ?? '') ? (scan.columns[ref.index] ?? null) : null);
