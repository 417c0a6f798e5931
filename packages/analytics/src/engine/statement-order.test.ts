import { expect, test } from 'vitest';
import { isOrdered } from './statement-order.ts';

test.each([
  ['SELECT a FROM t ORDER BY a', true],
  ['select a from t order\n by a limit 3', true],
  ['SELECT a FROM (SELECT a FROM t ORDER BY a)', false],
  ['SELECT row_number() OVER (ORDER BY a) FROM t', false],
  ["SELECT ' ORDER BY ' FROM t", false],
  ['SELECT " ORDER BY " FROM t', false],
  ['SELECT a FROM t -- ORDER BY a\n', false],
  ['SELECT a /* ORDER BY */ FROM t', false],
  ["SELECT ')' FROM (SELECT 1) ORDER BY 1", true],
])('%s', (sql, ordered) => {
  expect(isOrdered(sql)).toBe(ordered);
});
