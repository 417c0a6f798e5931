import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SF1_ROWS } from '../queries/answers.ts';
import { TABLE_NAMES } from './schema.ts';
import { checkScaleFactor, estimatedRowCount, partRange, rowCount, unitCount } from './scale.ts';

describe('row counts', () => {
  it.each(TABLE_NAMES)('are those of the specification at scale factor 1: %s', (table) => {
    expect(rowCount(table, { first: 0, count: unitCount(table, 1) })).toBe(SF1_ROWS[table]);
  });

  it('of fractions are truncated, as dbgen does', () => {
    expect(unitCount('supplier', 0.0123)).toBe(123);
    expect(unitCount('customer', 0.0123)).toBe(1845);
    expect(rowCount('lineitem', { first: 0, count: unitCount('lineitem', 0.1) })).toBe(600_572);
  });

  it('are estimated within a percent', () => {
    const range = { first: 400_000, count: 100_000 };
    expect(Math.abs(estimatedRowCount('lineitem', range) / rowCount('lineitem', range) - 1)).toBeLessThan(0.01);
  });

  it('of the parts add up, without gap or overlap', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.integer({ min: 1, max: 300 }), (units, parts) => {
        let end = 0;
        for (let part = 0; part < parts; part++) {
          const range = partRange(units, part, parts);
          expect(range.first).toBe(end);
          end += range.count;
        }
        expect(end).toBe(units);
      }),
    );
  });
});

describe('scale factors', () => {
  it.each([0, -1, 0.0001, Number.NaN, Number.POSITIVE_INFINITY, 10_001])('refuses %d', (scaleFactor) => {
    expect(() => checkScaleFactor(scaleFactor)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});
