/** Diagnostics as text for a terminal or a log, without colours: place, source line, caret, hint. */
import { MAX_SHOWN_LINE_CHARS } from '../limits.ts';
import type { Diagnostic, Severity } from './diagnostic.ts';
import { LineTable } from './line-table.ts';
import type { Span } from './span.ts';

export interface SourceFile {
  /** As the user knows it: a path, or a name such as `<stdin>`. */
  readonly name: string;
  readonly text: string;
}

/**
 * ```
 * error[unknown-set]: there is no set `classifed`
 *   --> pipeline.pcl:3:27
 *    |
 *  3 |     compress(pics = keyed classifed) => (out = archives);
 *    |                           ^^^^^^^^^
 *    = hint: did you mean `classified`?
 * ```
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], source: SourceFile): string {
  const lines = new LineTable(source.text);
  const blocks = diagnostics.map((diagnostic) => renderOne(diagnostic, source.name, lines));
  return [...blocks, ...(diagnostics.length === 0 ? [] : [summary(diagnostics)])].join('\n');
}

function renderOne(diagnostic: Diagnostic, file: string, lines: LineTable): string {
  const { severity, code, message, span, hint, related } = diagnostic;
  const margin = widestLineNumber(lines, [span, ...(related === null ? [] : [related.span])]);
  const { line, column } = lines.position(span.start);
  const blank = ' '.repeat(margin);
  const out = [`${severity}[${code}]: ${message}`, `${blank} --> ${file}:${line}:${column}`, `${blank}  |`, ...snippet(span, '^', '', margin, lines)];
  if (related !== null) out.push(...snippet(related.span, '-', ` ${related.message}`, margin, lines));
  if (hint !== null) out.push(`${blank}  = hint: ${hint}`);
  return `${out.join('\n')}\n`;
}

const widestLineNumber = (lines: LineTable, spans: readonly Span[]): number =>
  Math.max(...spans.map(({ start }) => String(lines.position(start).line).length));

/** A source line and the mark below what the span covers of it. */
function snippet(span: Span, mark: string, note: string, margin: number, lines: LineTable): readonly string[] {
  const { line } = lines.position(span.start);
  const start = lines.start(line);
  const text = lines.lineText(line);
  const from = span.start - start;
  const to = Math.max(from, Math.min(span.end - start, text.length));
  const window = clip(text, from, to);
  const underline = `${' '.repeat(window.indent)}${mark.repeat(Math.max(1, window.width))}${note}`;
  const blank = ' '.repeat(margin);
  return [` ${String(line).padStart(margin)} | ${window.text}`.trimEnd(), ` ${blank} | ${underline}`];
}

/** Characters as they can stand in a terminal, one cell each: a control character could do anything there. */
function shown(text: string): readonly string[] {
  return Array.from(text).flatMap((character) => (character === '\t' ? [' ', ' '] : [/[\p{C}\p{Zl}\p{Zp}]/u.test(character) ? '\ufffd' : character]));
}

interface Window {
  readonly text: string;
  readonly indent: number;
  readonly width: number;
}

/** A long line is cut around what is marked; of what is far away nothing is looked at. */
function clip(text: string, from: number, to: number): Window {
  const most = MAX_SHOWN_LINE_CHARS;
  const before = shown(text.slice(Math.max(0, from - most), from));
  const marked = shown(text.slice(from, Math.min(to, from + most)));
  const after = shown(text.slice(to, to + most));
  if (text.length <= most && before.length + marked.length + after.length <= most) {
    return { text: [...before, ...marked, ...after].join(''), indent: before.length, width: marked.length };
  }
  const left = before.length > most / 4 ? ['…', ...before.slice(-most / 4)] : before;
  const middle = marked.slice(0, most / 2);
  const right = middle.length < marked.length ? [] : after.slice(0, most - left.length - middle.length);
  const cut = middle.length < marked.length || right.length < after.length || to + most < text.length;
  return { text: [...left, ...middle, ...right, ...(cut ? ['…'] : [])].join(''), indent: left.length, width: middle.length };
}

function summary(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Severity): number => diagnostics.filter((diagnostic) => diagnostic.severity === severity && diagnostic.code !== 'too-many-diagnostics').length;
  const more = diagnostics.some(({ code }) => code === 'too-many-diagnostics') ? ' and more' : '';
  const parts = [plural(count('error'), 'error'), plural(count('warning'), 'warning')].filter((part) => part !== '');
  return `${parts.join(', ')}${more}\n`;
}

const plural = (count: number, noun: string): string => (count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`);
