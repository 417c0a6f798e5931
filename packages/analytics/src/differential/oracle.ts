/**
 * Says whether two answers are the same: the same columns and the same multiset of rows, DOUBLE and FLOAT cells
 * within a tolerance. Where the query has an ORDER BY, the order columns must come in the same sequence too.
 */
import type { Answer, Rows } from './rows.ts';

const RELATIVE_TOLERANCE = 1e-9;
/** For sums that cancel out to nearly nothing. */
const ABSOLUTE_TOLERANCE = 1e-9;
const SHOWN_ROWS = 3;

type Row = Rows['rows'][number];

export interface CompareOptions {
  /** Zero-based columns of the ORDER BY; empty when the order of the rows means nothing. */
  readonly orderedBy: readonly number[];
}

export interface Difference {
  readonly kind: 'error' | 'columns' | 'rows' | 'order';
  /** For a person to read. */
  readonly text: string;
}

/** null when they agree. */
export function differenceOf(expected: Answer, actual: Answer, options: CompareOptions): Difference | null {
  if (expected.kind === 'error') {
    if (actual.kind === 'error') return null;
    return { kind: 'error', text: `expected an error (${expected.message}), got ${actual.rows.rows.length} rows` };
  }
  if (actual.kind === 'error') {
    return { kind: 'error', text: `expected ${expected.rows.rows.length} rows, got an error: ${actual.message}` };
  }
  return differenceOfRows(expected.rows, actual.rows, options);
}

export const sameResult = (expected: Rows, actual: Rows, options: CompareOptions = { orderedBy: [] }): boolean =>
  differenceOfRows(expected, actual, options) === null;

export function differenceOfRows(expected: Rows, actual: Rows, options: CompareOptions): Difference | null {
  return differentColumns(expected, actual) ?? differentMultisets(expected, actual) ?? differentOrder(expected, actual, options);
}

function differentColumns(expected: Rows, actual: Rows): Difference | null {
  const describe = ({ columns }: Rows): string => columns.map((column) => `${column.name} ${column.type}`).join(', ');
  const [ours, theirs] = [describe(expected), describe(actual)];
  if (ours === theirs) return null;
  return { kind: 'columns', text: `columns differ\n  expected: ${ours}\n  actual:   ${theirs}` };
}

function differentMultisets(expected: Rows, actual: Rows): Difference | null {
  const inexact = expected.columns.map((column) => column.type === 'DOUBLE' || column.type === 'FLOAT');
  const missing = leftOver(expected.rows, actual.rows);
  const extra = leftOver(actual.rows, expected.rows);
  if (inexact.includes(true)) cancelNearlyEqual(missing, extra, inexact);
  if (missing.length === 0 && extra.length === 0) return null;
  const lines = [
    `rows differ: expected ${expected.rows.length}, got ${actual.rows.length}`,
    ...report('missing', missing),
    ...report('extra', extra),
  ];
  return { kind: 'rows', text: lines.join('\n') };
}

/** The rows of the first list that the second does not match one by one. */
function leftOver(rows: readonly Row[], others: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of others) {
    const key = JSON.stringify(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return rows.filter((row) => {
    const key = JSON.stringify(row);
    const count = counts.get(key) ?? 0;
    if (count > 0) counts.set(key, count - 1);
    return count === 0;
  });
}

/** Strikes out pairs that agree but for the last digits of their inexact cells. */
function cancelNearlyEqual(missing: Row[], extra: Row[], inexact: readonly boolean[]): void {
  const exactPart = (row: Row): string => JSON.stringify(row.filter((_, index) => inexact[index] !== true));
  const byExactPart = Map.groupBy(extra, exactPart);
  const matched = new Set<Row>();
  const unmatched = missing.filter((row) => {
    const candidates = byExactPart.get(exactPart(row)) ?? [];
    const match = candidates.find((other) => !matched.has(other) && nearlyEqual(row, other, inexact));
    if (match !== undefined) matched.add(match);
    return match === undefined;
  });
  missing.splice(0, missing.length, ...unmatched);
  extra.splice(0, extra.length, ...extra.filter((row) => !matched.has(row)));
}

function nearlyEqual(left: Row, right: Row, inexact: readonly boolean[]): boolean {
  return left.every((cell, index) => inexact[index] !== true || nearlyEqualCells(cell, right[index] ?? null));
}

function nearlyEqualCells(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  if (left === right) return true;
  const [one, other] = [Number(left), Number(right)];
  const distance = Math.abs(one - other);
  return distance <= ABSOLUTE_TOLERANCE || distance <= RELATIVE_TOLERANCE * Math.max(Math.abs(one), Math.abs(other));
}

function differentOrder(expected: Rows, actual: Rows, options: CompareOptions): Difference | null {
  if (options.orderedBy.length === 0) return null;
  const inexact = expected.columns.map((column) => column.type === 'DOUBLE' || column.type === 'FLOAT');
  const at = expected.rows.findIndex((row, index) =>
    options.orderedBy.some((column) => {
      const [ours, theirs] = [row[column] ?? null, actual.rows[index]?.[column] ?? null];
      return inexact[column] === true ? !nearlyEqualCells(ours, theirs) : ours !== theirs;
    }),
  );
  if (at < 0) return null;
  const [ours, theirs] = [JSON.stringify(expected.rows[at]), JSON.stringify(actual.rows[at])];
  return { kind: 'order', text: `order differs at row ${at}\n  expected: ${ours}\n  actual:   ${theirs}` };
}

function report(title: string, rows: readonly Row[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
  const shown = [...counts].slice(0, SHOWN_ROWS).map(([row, count]) => `    ${count} × ${row}`);
  const more = counts.size > SHOWN_ROWS ? [`    … ${counts.size - SHOWN_ROWS} more`] : [];
  return rows.length === 0 ? [] : [`  ${title} ${rows.length}:`, ...shown, ...more];
}
