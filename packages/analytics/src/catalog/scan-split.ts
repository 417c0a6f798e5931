/**
 * Which rows of a table each worker reads: runs of whole row groups, in file order, of about the same bytes. A view
 * over `file_row_number` selects them; DuckDB skips the other row groups by it without reading them.
 */
import { assert } from '@pappus/core';
import type { RowGroup, Table } from './table.ts';

/** Rows [firstRow, firstRow + rows) of one file; `rowGroups` are the ones that these rows make up. */
export interface ScanPiece {
  readonly file: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly whole: boolean;
  readonly rowGroups: readonly RowGroup[];
}

export function wholeScan(table: Table): readonly ScanPiece[] {
  return table.files.map((file, index) => ({ file: index, firstRow: 0, rows: rowsOf(file.rowGroups), whole: true, rowGroups: file.rowGroups }));
}

const rowsOf = (groups: readonly RowGroup[]): number => groups.reduce((sum, group) => sum + group.rows, 0);

/** A row group belongs to the worker in whose share of all bytes its middle lies. */
export function splitScan(table: Table, columns: readonly string[], workers: number): readonly (readonly ScanPiece[])[] {
  assert(workers > 0, 'a scan split among no workers');
  const groups = table.files.flatMap((file, index) => file.rowGroups.map((group) => ({ file: index, group, bytes: neededBytes(group, columns) })));
  const total = groups.reduce((sum, item) => sum + item.bytes, 0);
  const shares: { file: number; group: RowGroup }[][] = Array.from({ length: workers }, () => []);
  let before = 0;
  for (const { file, group, bytes } of groups) {
    const worker = total === 0 ? 0 : Math.min(workers - 1, Math.floor(((before + bytes / 2) / total) * workers));
    shares[worker]?.push({ file, group });
    before += bytes;
  }
  return shares.map((share) => piecesOf(share, table));
}

/** Decoding costs rows even where a column is small, so each row counts a byte. */
function neededBytes(group: RowGroup, columns: readonly string[]): number {
  return columns.reduce((sum, column) => sum + (group.chunks.get(column) ?? []).reduce((bytes, chunk) => bytes + chunk.bytes, 0), group.rows);
}

function piecesOf(share: readonly { readonly file: number; readonly group: RowGroup }[], table: Table): ScanPiece[] {
  return [...Map.groupBy(share, (item) => item.file)].map(([file, items]) => {
    const rowGroups = items.map((item) => item.group);
    return { file, firstRow: rowGroups[0]?.firstRow ?? 0, rows: rowsOf(rowGroups), whole: rowGroups.length === table.files[file]?.rowGroups.length, rowGroups };
  });
}
