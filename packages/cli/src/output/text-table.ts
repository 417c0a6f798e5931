/** Rows as a table with box lines. Numbers stand to the right, as in DuckDB's own shell. */
import { stripVTControlCharacters } from 'node:util';

export interface TextColumn {
  readonly name: string;
  readonly align: 'left' | 'right';
}

export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) => Math.max(displayWidth(column.name), ...rows.map((row) => displayWidth(row[index] ?? ''))));
  const rule = (left: string, middle: string, right: string): string => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const line = (cells: readonly string[], align: (index: number) => TextColumn['align']): string =>
    `│${widths.map((width, index) => ` ${pad(cells[index] ?? '', width, align(index))} `).join('│')}│`;
  const body = rows.map((row) => line(row, (index) => columns[index]?.align ?? 'left'));
  return [rule('┌', '┬', '┐'), line(columns.map((column) => column.name), () => 'left'), rule('├', '┼', '┤'), ...body, rule('└', '┴', '┘')].join('\n');
}

function pad(text: string, width: number, align: TextColumn['align']): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? fill + text : text + fill;
}

const segmenter = new Intl.Segmenter();
const WIDE = /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

/** Columns that a text takes on a terminal. */
function displayWidth(text: string): number {
  // Plain ASCII is by far the most.
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

export const alignmentOf = (type: string): TextColumn['align'] => (/^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type) ? 'right' : 'left');
