import { describe, expect, it } from 'vitest';
import { rowCount, unitCount } from '../generator/scale.ts';
import { TABLE_NAMES, type TableName } from '../generator/schema.ts';
import { planTable, rowGroupRows } from './layout.ts';

function rowGroups(table: TableName, scaleFactor: number): readonly number[] {
  return planTable(table, scaleFactor).flatMap(({ range, maxRowGroupRows }) => {
    const rows = rowCount(table, range);
    const size = rowGroupRows(rows, maxRowGroupRows);
    return Array.from({ length: Math.ceil(rows / size) }, (_, index) => Math.min(size, rows - index * size));
  });
}

describe('the layout of a data set', () => {
  it.each(['lineitem', 'orders', 'partsupp'] as const)('gives eight workers row groups of %s at scale factor 0.1', (table) => {
    expect(rowGroups(table, 0.1).length).toBeGreaterThanOrEqual(8);
  });

  it("has row groups of at most DuckDB's size, and none much smaller than the others", () => {
    const groups = rowGroups('lineitem', 1);
    expect(Math.max(...groups)).toBeLessThanOrEqual(122_880);
    expect(Math.min(...groups)).toBeGreaterThan(100_000);
  });

  it.each(TABLE_NAMES)('covers all of %s', (table) => {
    for (const scaleFactor of [0.01, 0.1, 3]) {
      const total = planTable(table, scaleFactor).reduce((sum, { range }) => sum + range.count, 0);
      expect(total).toBe(unitCount(table, scaleFactor));
    }
  });

  it('names files by their place', () => {
    expect(planTable('orders', 0.1).map(({ path }) => path)).toEqual([
      'orders/orders-00000-of-00004.parquet',
      'orders/orders-00001-of-00004.parquet',
      'orders/orders-00002-of-00004.parquet',
      'orders/orders-00003-of-00004.parquet',
    ]);
    expect(planTable('nation', 100)).toHaveLength(1);
  });
});
