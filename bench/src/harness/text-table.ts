/** Plain tables: words to the left, figures to the right. */

export type Cell = string | number | null;

/** What is null was not measured. */
export function textTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (cell === null ? '–' : String(cell))));
  const widths = columns.map((name, index) => Math.max(name.length, ...texts.map((row) => row[index]?.length ?? 0)));
  const isWord = columns.map((_, index) => texts.some((row) => /^[a-z(]/i.test(row[index] ?? '')));
  const line = (cells: readonly string[]): string => cells.map((cell, index) => (isWord[index] === true ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join('  ').trimEnd();
  return [line(columns), widths.map((width) => '─'.repeat(width)).join('  '), ...texts.map(line)].join('\n');
}

export const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
export const times = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ×`;
export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
export const megabytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(0);
