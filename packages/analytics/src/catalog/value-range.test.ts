import { expect, it } from 'vitest';
import type { RowGroup } from './table.ts';
import { mayMatch, valueRange } from './value-range.ts';

it.each([
  ['INTEGER', '-5', '17', { min: -5, max: 17 }],
  ['DECIMAL(15,2)', '-0.05', '12.50', { min: -0.05, max: 12.5 }],
  ['DATE', '1969-12-31', '1970-01-02', { min: -1, max: 1 }],
  ['TIMESTAMP', '1970-01-01 00:00:01', '1970-01-01 00:00:01.25', { min: 1_000_000, max: 1_250_000 }],
  ['UBIGINT', '0', '18446744073709551615', { min: 0, max: 2 ** 64 }],
])('%s from %s to %s is understood', (type, min, max, range) => {
  expect(valueRange(type, min, max)).toEqual(range);
});

it.each([
  ['VARCHAR', '1', '2'],
  ['DOUBLE', '1', '2'],
  ['INTEGER', null, '2'],
  ['INTEGER', '1', null],
  [null, '1', '2'],
  ['DATE', '10000-01-01', '10001-01-01'],
  ['DATE', '0044-03-15 (BC)', '0001-01-01'],
  ['TIMESTAMP', '1970-01-01 00:00:00.1234567', '1970-01-02 00:00:00'],
  ['INTEGER', 'infinity', '2'],
])('%s from %s to %s is not', (type, min, max) => {
  expect(valueRange(type, min, max)).toBeNull();
});

it('a row group matches when its values and every range meet, ends included', () => {
  const group: RowGroup = { rows: 1, firstRow: 0, bytes: 1, chunks: new Map(), bloomFilters: new Map(), ranges: new Map([['a', { min: 10, max: 20 }]]) };
  const match = (min: number | null, max: number | null, column = 'a'): boolean => mayMatch(group, [{ column, min, max }]);
  expect([match(20, null), match(null, 10), match(12, 13), match(0, 100), match(null, null), match(99, 99, 'unknown')]).toEqual(Array(6).fill(true));
  expect([match(21, null), match(null, 9), match(21, 30), match(-5, 9)]).toEqual(Array(4).fill(false));
  expect(mayMatch(group, [{ column: 'a', min: 0, max: 15 }, { column: 'a', min: 25, max: null }])).toBe(false);
});
