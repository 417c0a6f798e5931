/** Whether two answers are the same rows, whatever their order: orders leave ties. Sums of DOUBLEs depend on the order of their addition. */
import type { ColumnType, TextRow } from '@pappus/analytics';

const RELATIVE_TOLERANCE = 1e-9;
const SORT_DIGITS = 7;

/** The first difference, for people; null when there is none. */
export function differenceOf(expected: readonly TextRow[], actual: readonly TextRow[], columns: readonly ColumnType[]): string | null {
  if (expected.length !== actual.length) return `${actual.length} rows instead of ${expected.length}`;
  const inexact = columns.map(({ type }) => /FLOAT|DOUBLE/.test(type));
  const key = (row: TextRow): string => JSON.stringify(row.map((value, index) => (inexact[index] === true && value !== null ? Number(value).toPrecision(SORT_DIGITS) : value)));
  const sorted = (rows: readonly TextRow[]): readonly TextRow[] => rows.map((row) => [key(row), row] as const).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
  const [left, right] = [sorted(expected), sorted(actual)];
  const at = left.findIndex((row, index) => row.some((value, column) => !same(value, right[index]?.[column] ?? null, inexact[column] === true)));
  return at < 0 ? null : `${JSON.stringify(right[at])} instead of ${JSON.stringify(left[at])}`;
}

function same(left: string | null, right: string | null, inexact: boolean): boolean {
  if (left === right) return true;
  if (!inexact || left === null || right === null) return false;
  const [a, b] = [Number(left), Number(right)];
  return Math.abs(a - b) <= RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
