import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitScan, wholeScan, type ScanPiece } from './scan-split.ts';
import type { RowGroup, Table } from './table.ts';

/** A file for each list; a row group for each number, which is the value of its column `a`. */
function tableOf(files: readonly (readonly number[])[]): Table {
  return {
    name: 't',
    columns: [],
    rows: files.flat().length * 10,
    files: files.map((values, file) => ({ path: `f${file}`, sizeBytes: 1_000, version: '', footerBytes: 100, rowGroups: values.map((value, group): RowGroup => ({ rows: 10, firstRow: group * 10, bytes: 50, chunks: new Map([['a', [{ offset: 4 + group * 50, bytes: 50 }]]]), bloomFilters: new Map(), ranges: new Map([['a', { min: value, max: value }]]) })) })),
  };
}

const groupsOf = (pieces: readonly ScanPiece[]): string[] => pieces.flatMap((piece) => piece.rowGroups.map((group) => `${piece.file}:${group.firstRow}`));
const tables = fc.array(fc.array(fc.nat(3), { maxLength: 40 }), { maxLength: 4 });

it('every row group that can match is read by one worker, in runs that are what their rows say', () => {
  fc.assert(fc.property(tables, fc.integer({ min: 1, max: 5 }), fc.nat(3), (files, workers, value) => {
    const table = tableOf(files);
    const ranges = [{ column: 'a', min: value, max: value }];
    const matching = files.flatMap((values, file) => values.flatMap((found, group) => (found === value ? [`${file}:${group * 10}`] : [])));
    for (const shares of [splitScan(table, ['a'], ranges, workers), [wholeScan(table, ranges)]]) {
      const read = shares.flatMap(groupsOf);
      expect(new Set(read).size).toBe(read.length);
      expect(matching.filter((group) => !read.includes(group))).toEqual([]);
      for (const piece of shares.flat()) {
        expect(piece.firstRow).toBe(piece.rowGroups[0]?.firstRow);
        expect(piece.rowGroups.map((group) => group.firstRow)).toEqual(piece.rowGroups.map((_, index) => piece.firstRow + index * 10));
        expect(piece.rows).toBe(piece.rowGroups.length * 10);
        expect(piece.whole).toBe(piece.rowGroups.length === files[piece.file]?.length);
      }
      for (const share of shares) for (const [file] of files.entries()) expect(share.filter((piece) => piece.file === file).length).toBeLessThanOrEqual(8);
    }
  }));
});

it('without ranges everything is read, in shares of about the same size', () => {
  fc.assert(fc.property(tables, fc.integer({ min: 1, max: 5 }), (files, workers) => {
    const table = tableOf(files);
    const shares = splitScan(table, ['a'], [], workers).map(groupsOf);
    expect(shares.flat()).toEqual(files.flatMap((values, file) => values.map((_, group) => `${file}:${group * 10}`)));
    const sizes = shares.map((share) => share.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2);
  }));
});

it('only what matches is read where the gaps are few', () => {
  const table = tableOf([[1, 2, 2, 1, 1, 2]]);
  expect(wholeScan(table, [{ column: 'a', min: 2, max: null }]).map(({ firstRow, rows }) => [firstRow, rows])).toEqual([[10, 20], [50, 10]]);
  expect(wholeScan(table, [{ column: 'a', min: 3, max: null }])).toEqual([]);
});
