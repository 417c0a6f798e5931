import { expect, it } from 'vitest';
import { scanSelect, withScans } from './scan-view.ts';
import type { FilePart, ScanTask } from './task.ts';

const part = (path: string, change: Partial<FilePart> = {}): FilePart => ({ path, version: '1', sizeBytes: 10, footerBytes: 5, firstRow: 0, rows: 100, whole: true, chunks: [], ...change });
const task = (view: string, parts: readonly FilePart[] = []): ScanTask => ({ view, columns: [{ name: 'a"b', type: 'INTEGER' }], parts });

it('stands in place of its name, but not within texts and quoted names', () => {
  const { setup, sql } = withScans(`SELECT 'scan_0_1''scan_0_1', "scan_0_1" FROM scan_0_1, scan_0_10`, [{ task: task('scan_0_1'), paths: [] }], false);
  expect(setup).toEqual([]);
  expect(sql).toBe(`SELECT 'scan_0_1''scan_0_1', "scan_0_1" FROM (${scanSelect(task('scan_0_1'), [])}), scan_0_10`);
});

it('is a view under its own name for a user’s own text', () => {
  const { setup, sql } = withScans('FROM "Mixed Case"', [{ task: task('Mixed Case'), paths: [] }], true);
  expect(setup).toEqual([`CREATE VIEW "Mixed Case" AS ${scanSelect(task('Mixed Case'), [])}`]);
  expect(sql).toBe('FROM "Mixed Case"');
});

it('reads whole files together, and of others only their rows, from where the files can be read', () => {
  const parts = [part('x'), part('y', { whole: false, firstRow: 2048, rows: 10 }), part("z'z")];
  const select = scanSelect(task('v', parts), ['/x', '/y', "/z'z"]);
  expect(select).toContain(`read_parquet(['/x', '/z''z'], hive_partitioning = false)`);
  expect(select).toContain(`read_parquet('/y', file_row_number = true, hive_partitioning = false) WHERE file_row_number >= 2048 AND file_row_number < 2058`);
  expect(scanSelect(task('v'), [])).toBe('SELECT CAST(NULL AS INTEGER) AS "a""b" WHERE false');
});
