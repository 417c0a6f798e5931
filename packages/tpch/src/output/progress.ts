/** How far a run is, as events. */
import type { TableName } from '../generator/schema.ts';
import type { PlannedFile } from './layout.ts';
import type { FileEntry } from './manifest.ts';

export type GenerateProgress =
  /** The text pool, before the first row. */
  | { readonly kind: 'text'; readonly done: number; readonly total: number }
  /** One table; `totalRows` of lineitem is an estimate until all its files are done. */
  | {
      readonly kind: 'table';
      readonly table: TableName;
      readonly rows: number;
      readonly totalRows: number;
      readonly files: number;
      readonly totalFiles: number;
    };

interface FileProgress {
  readonly table: TableName;
  rows: number;
  totalRows: number;
  done: boolean;
}

export class ProgressTracker {
  private readonly files = new Map<string, FileProgress>();
  private readonly segments: number;
  private readonly report: (progress: GenerateProgress) => void;
  private filledSegments = 0;

  constructor(plan: readonly PlannedFile[], whole: ReadonlyMap<string, FileEntry>, segments: number, report: (progress: GenerateProgress) => void) {
    this.segments = segments;
    this.report = report;
    for (const { path, table, estimatedRows } of plan) {
      const rows = whole.get(path)?.rows;
      this.files.set(path, { table, rows: rows ?? 0, totalRows: rows ?? estimatedRows, done: rows !== undefined });
    }
    for (const table of new Set(plan.map((file) => file.table))) this.reportTable(table);
  }

  segment(): void {
    this.filledSegments++;
    this.report({ kind: 'text', done: this.filledSegments, total: this.segments });
  }

  /** More rows of a file that is being written. */
  rows(table: TableName, path: string, rows: number): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    file.rows += rows;
    file.totalRows = Math.max(file.totalRows, file.rows);
    this.reportTable(table);
  }

  done(table: TableName, path: string, rows: number): void {
    this.files.set(path, { table, rows, totalRows: rows, done: true });
    this.reportTable(table);
  }

  private reportTable(table: TableName): void {
    const files = [...this.files.values()].filter((file) => file.table === table);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const totalRows = files.reduce((sum, file) => sum + file.totalRows, 0);
    const done = files.filter((file) => file.done).length;
    this.report({ kind: 'table', table, rows, totalRows, files: done, totalFiles: files.length });
  }
}
