import { describe, expect, test } from 'vitest';
import type { Diagnostic } from './diagnostic.ts';
import { LineTable } from './line-table.ts';
import { renderDiagnostics } from './render.ts';
import { span } from './span.ts';

const at = (start: number, end: number): Diagnostic => ({ severity: 'error', code: 'syntax', message: 'wrong', span: span(start, end), hint: null, related: null });
/** Only the source line and its mark. */
const snippet = (text: string, start: number, end: number): string =>
  renderDiagnostics([at(start, end)], { name: 't', text })
    .split('\n')
    .slice(3, 5)
    .join('\n');

describe('a rendered diagnostic', () => {
  test('has place, line, mark, related place and hint', () => {
    const text = 'one\ntwo three\n';
    const diagnostic: Diagnostic = { ...at(8, 13), hint: 'write `3`', related: { span: span(0, 3), message: 'as here' } };
    expect(renderDiagnostics([diagnostic], { name: 'dir/a.pcl', text })).toBe(
      'error[syntax]: wrong\n  --> dir/a.pcl:2:5\n   |\n 2 | two three\n   |     ^^^^^\n 1 | one\n   | --- as here\n   = hint: write `3`\n\n1 error\n',
    );
  });

  test('marks the end of the text, and an empty one', () => {
    expect(snippet('a', 1, 1)).toBe(' 1 | a\n   |  ^');
    expect(snippet('', 0, 0)).toBe(' 1 |\n   | ^');
  });

  test('marks what a span covers of its first line', () => {
    expect(snippet('ab cd\nef', 3, 8)).toBe(' 1 | ab cd\n   |    ^^');
  });

  test('shows control characters as one replacement each, and counts characters, not units', () => {
    expect(snippet('\u001b[1m🌱x', 6, 7)).toBe(' 1 | \ufffd[1m🌱x\n   |      ^');
    expect(renderDiagnostics([at(6, 7)], { name: 't', text: '\u001b[1m🌱x' })).toContain('t:1:6');
  });

  test('of a long line shows what is around the mark', () => {
    const text = `${'a'.repeat(5_000)}X${'b'.repeat(5_000)}`;
    const [line = '', mark = ''] = snippet(text, 5_000, 5_001).split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line[mark.indexOf('^')]).toBe('X');
    expect(line).toMatch(/^ 1 \| …a+Xb+…$/);
  });
});

test('positions are those of people', () => {
  const table = new LineTable('ab\r\n🌱c\n');
  expect([0, 3, 4, 6, 7, 8].map((offset) => table.position(offset))).toEqual([
    { line: 1, column: 1 },
    { line: 1, column: 4 },
    { line: 2, column: 1 },
    { line: 2, column: 2 },
    { line: 2, column: 3 },
    { line: 3, column: 1 },
  ]);
  expect([1, 2, 3].map((line) => table.lineText(line))).toEqual(['ab', '🌱c', '']);
});
