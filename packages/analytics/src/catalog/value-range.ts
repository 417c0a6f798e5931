/** Smallest and largest values of row groups: read from a footer's texts, and compared with what a query asks for. */
import type { ScanRange } from '../plan/stages/scan-ranges.ts';
import type { RowGroup, ValueRange } from './table.ts';

/** Null unless both texts are values of a type whose order is that of the numbers. */
export function valueRange(type: string | null, min: unknown, max: unknown): ValueRange | null {
  const [low, high] = [asNumber(type, min), asNumber(type, max)];
  return low === null || high === null ? null : { min: low, max: high };
}

const DAY_MS = 86_400_000;

/** Rounding to a double keeps the order, so no value gets outside. Years beyond 9999 are written otherwise, and left out. */
function asNumber(type: string | null, text: unknown): number | null {
  if (typeof text !== 'string' || type === null) return null;
  if (/^(?:U?(?:TINY|SMALL|BIG)INT|U?INTEGER|DECIMAL\(.*)$/.test(type)) return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
  if (type === 'DATE') return /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : null;
  if (type !== 'TIMESTAMP') return null;
  const [, day, time, fraction = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  return day === undefined ? null : Date.parse(`${day}T${time}Z`) * 1_000 + Number(fraction.padEnd(6, '0'));
}

/** Whether the row group can have a row with a value in each range. A column without a known range can have any. */
export function mayMatch(group: RowGroup, ranges: readonly ScanRange[]): boolean {
  return ranges.every(({ column, min, max }) => {
    const values = group.ranges.get(column);
    return values === undefined || ((max === null || values.min <= max) && (min === null || values.max >= min));
  });
}
