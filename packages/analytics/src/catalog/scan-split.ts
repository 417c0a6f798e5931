/**
 * Which rows of a table each worker reads: runs of whole row groups, in file order, of about the same bytes, without those that
 * cannot have a matching row. A view
 * over `file_row_number` selects them; DuckDB skips the other row groups by it without reading them.
 */
import { assert } from '@pappus/core';
import type { ScanRange } from '../plan/stages/scan-ranges.ts';
import type { RowGroup, Table } from './table.ts';
import { mayMatch } from './value-range.ts';

/** Rows [firstRow, firstRow + rows) of one file; `rowGroups` are the ones that these rows make up. */
export interface ScanPiece {
  readonly file: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly whole: boolean;
  readonly rowGroups: readonly RowGroup[];
}

export function wholeScan(table: Table, ranges: readonly ScanRange[]): readonly ScanPiece[] {
  return piecesOf(neededGroups(table, ranges), table);
}

interface FileGroup {
  readonly file: number;
  readonly group: RowGroup;
}

function neededGroups(table: Table, ranges: readonly ScanRange[]): readonly FileGroup[] {
  return table.files.flatMap((file, index) => file.rowGroups.filter((group) => mayMatch(group, ranges)).map((group) => ({ file: index, group })));
}

const rowsOf = (groups: readonly RowGroup[]): number => groups.reduce((sum, group) => sum + group.rows, 0);

/** A row group belongs to the worker in whose share of all bytes its middle lies. */
export function splitScan(table: Table, columns: readonly string[], ranges: readonly ScanRange[], workers: number): readonly (readonly ScanPiece[])[] {
  assert(workers > 0, 'a scan split among no workers');
  const groups = neededGroups(table, ranges).map((item) => ({ ...item, bytes: neededBytes(item.group, columns) }));
  const total = groups.reduce((sum, item) => sum + item.bytes, 0);
  const shares: FileGroup[][] = Array.from({ length: workers }, () => []);
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

function piecesOf(share: readonly FileGroup[], table: Table): readonly ScanPiece[] {
  return [...Map.groupBy(share, (item) => item.file)].flatMap(([file, items]) => {
    const all = table.files[file]?.rowGroups ?? [];
    return runsOf(items.map((item) => item.group), all).map((rowGroups) => ({ file, firstRow: rowGroups[0]?.firstRow ?? 0, rows: rowsOf(rowGroups), whole: rowGroups.length === all.length, rowGroups }));
  });
}

/** Each piece is a part of the fragment's SQL, so there are not many: the smallest gaps are read too. */
const MAX_RUNS = 8;

/** The wanted row groups as runs without gaps. */
function runsOf(wanted: readonly RowGroup[], all: readonly RowGroup[]): readonly (readonly RowGroup[])[] {
  const gaps = wanted.slice(1).map((group, index) => group.firstRow - endOf(wanted[index])).filter((rows) => rows > 0).sort((a, b) => b - a);
  const bridged = gaps[MAX_RUNS - 1] ?? 0;
  const runs: RowGroup[][] = [];
  for (const group of wanted) {
    const last = runs.at(-1);
    const before = endOf(last?.at(-1));
    if (last === undefined || group.firstRow - before > bridged) runs.push([group]);
    else last.push(...all.filter(({ firstRow }) => firstRow >= before && firstRow < group.firstRow), group);
  }
  return runs;
}

const endOf = (group: RowGroup | undefined): number => (group === undefined ? 0 : group.firstRow + group.rows);
