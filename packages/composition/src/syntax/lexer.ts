/** Text to tokens, one at a time. What is not of the language is reported and skipped, so that the parser can go on. */
import { MAX_NAME_CHARS } from '../limits.ts';
import type { DiagnosticList } from '../source/diagnostic.ts';
import { span, type Span } from '../source/span.ts';
import type { Comment } from './ast.ts';
import type { Mark, PlacedComment, Token, TokenKind } from './token.ts';

const SINGLE_MARKS = new Set<string>(['(', ')', '{', '}', ',', ';']);
const WHITE_SPACE = /\s+/y;
/** Joined by `-` or `.` or begun with a digit it is no name, but read as one: the mistake is reported once. */
const WORD = /[\p{XID_Continue}_]+(?:[-.][\p{XID_Continue}_]+)*/uy;
/** Nearly all words, found faster. */
const PLAIN_WORD = /[A-Za-z_][A-Za-z0-9_]*(?![\p{XID_Continue}.-])/uy;
const NAME = /^[\p{XID_Start}_][\p{XID_Continue}]*$/u;
/** Marks of other languages, by what they are taken for. */
const MISTAKEN: readonly (readonly [string, Mark])[] = [
  ['->', '=>'],
  [':=', '='],
  ['==', '='],
];
const QUOTED = /(["'`])[\p{XID_Continue}_./-]+\1/uy;
const COMMENT_HINT = 'a comment starts with `//`, or stands between `/*` and `*/`';
const isQuote = (character: string | undefined): boolean => character === '"' || character === "'" || character === '`';
const STRANGE = /[^\s\p{XID_Continue}_(){},;=/]+/uy;

export class Lexer {
  readonly #text: string;
  readonly #diagnostics: DiagnosticList;
  readonly #wrongNames: string[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string, diagnostics: DiagnosticList) {
    this.#text = text;
    this.#diagnostics = diagnostics;
  }

  /** Words that were taken for names and are none; all of them are reported. */
  get wrongNames(): readonly string[] {
    return this.#wrongNames;
  }

  /** The next token; at the end always an `end` token. */
  next(): Token {
    const comments: PlacedComment[] = [];
    let gap = false;
    for (;;) {
      gap = this.#skipWhiteSpace() || gap;
      const comment = this.#comment(gap);
      if (comment !== null) {
        comments.push(comment);
        gap = false;
        continue;
      }
      const start = this.#at;
      const kind = this.#kind();
      if (kind === null) continue;
      const written = this.#text.slice(start, this.#at);
      const text = kind === 'name' && isQuote(written[0]) ? written.slice(1, -1) : written;
      return { kind, text, span: span(start, this.#at), line: this.#line, comments, gap };
    }
  }

  /** Whether it passed an empty line. */
  #skipWhiteSpace(): boolean {
    const blank = this.#match(WHITE_SPACE);
    const lines = newlines(blank);
    this.#line += lines;
    return lines > 1;
  }

  #comment(gap: boolean): PlacedComment | null {
    const start = this.#at;
    const line = this.#line;
    const mark = this.#text.slice(start, start + 2);
    if (mark !== '//' && mark !== '/*') return null;
    const content = mark === '//' ? this.#lineComment() : this.#blockComment();
    const comment: Comment = { kind: 'comment', style: mark === '//' ? 'line' : 'block', text: content, gap, span: span(start, this.#at) };
    return { comment: Object.freeze(comment), line };
  }

  #lineComment(): string {
    const found = this.#text.indexOf('\n', this.#at);
    const end = found < 0 ? this.#text.length : found;
    const text = this.#text.slice(this.#at + 2, end).trimEnd();
    this.#at = end;
    return text;
  }

  #blockComment(): string {
    const start = this.#at;
    const found = this.#text.indexOf('*/', start + 2);
    const end = found < 0 ? this.#text.length : found;
    if (found < 0) {
      this.#diagnostics.error('unterminated-comment', span(start, start + 2), 'this comment has no end', { hint: 'close it with `*/`' });
    }
    const text = this.#text.slice(start + 2, end).replaceAll('\r\n', '\n');
    this.#at = found < 0 ? end : end + 2;
    this.#line += newlines(text);
    return text;
  }

  /** Consumes one token; null where it skipped something strange instead. */
  #kind(): TokenKind | null {
    const text = this.#text;
    const first = text[this.#at];
    if (first === undefined) return 'end';
    if (SINGLE_MARKS.has(first)) return this.#take(1, first as Mark);
    if (text.startsWith('=>', this.#at)) return this.#take(2, '=>');
    for (const [written, meant] of MISTAKEN) if (text.startsWith(written, this.#at)) return this.#mistaken(written, meant);
    if (first === '=') return this.#take(1, '=');
    const start = this.#at;
    if (this.#match(PLAIN_WORD) !== '' && this.#at - start <= MAX_NAME_CHARS) return 'name';
    this.#at = start;
    const word = this.#match(WORD);
    if (word !== '') return this.#word(word, span(start, this.#at));
    if (isQuote(first) && this.#quoted()) return 'name';
    this.#strange();
    return null;
  }

  #take(chars: number, mark: Mark): Mark {
    this.#at += chars;
    return mark;
  }

  #mistaken(written: string, meant: Mark): Mark {
    const place = span(this.#at, this.#at + written.length);
    this.#diagnostics.error('unexpected-character', place, `\`${written}\` is not of the language`, { hint: `write \`${meant}\`` });
    return this.#take(written.length, meant);
  }

  #word(word: string, place: Span): 'name' {
    if (word.length > MAX_NAME_CHARS) {
      this.#diagnostics.error('name-too-long', place, `a name of ${word.length} characters is longer than ${MAX_NAME_CHARS}`);
    } else if (!NAME.test(word)) {
      this.#wrongNames.push(word);
      const meant = word.replaceAll(/[-.]/g, '_').replace(/^(?![\p{XID_Start}_])/u, '_');
      this.#diagnostics.error('invalid-name', place, `\`${word}\` is no name: a name is letters, digits and \`_\`, and does not start with a digit`, { hint: `write \`${meant}\`` });
    }
    return 'name';
  }

  /** Whether it passed a name in quotes. */
  #quoted(): boolean {
    const start = this.#at;
    const quoted = this.#match(QUOTED);
    if (quoted === '') return false;
    if (!NAME.test(quoted.slice(1, -1))) this.#wrongNames.push(quoted.slice(1, -1));
    this.#diagnostics.error('unexpected-character', span(start, this.#at), 'names are written without quotes', { hint: 'remove the quotes' });
    return true;
  }

  #strange(): void {
    const start = this.#at;
    if (this.#text[start] === '#') return this.#hashComment();
    // A lone slash, or a mark that starts no token, is skipped with what follows it.
    if (this.#match(STRANGE) === '') this.#at += 1;
    const place = span(start, this.#at);
    const written = this.#text.slice(start, this.#at);
    const message = `${described(written)} is not of the language`;
    this.#diagnostics.error('unexpected-character', place, message, { hint: strangeHint(written) });
  }

  /** What a script language takes for a comment is skipped as one. */
  #hashComment(): void {
    const start = this.#at;
    this.#lineComment();
    this.#diagnostics.error('unexpected-character', span(start, start + 1), '`#` starts no comment', { hint: COMMENT_HINT });
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

const MAX_QUOTED_CHARS = 16;

/** A character that cannot be seen is named by its number. */
function described(written: string): string {
  const characters = Array.from(written);
  const first = characters[0] ?? '';
  if (/^[\p{C}\p{Z}\p{M}]/u.test(first)) return `the character U+${(first.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const visible = characters.slice(0, MAX_QUOTED_CHARS).filter((character) => !/[\p{C}\p{Z}]/u.test(character));
  return `\`${visible.join('')}${characters.length > MAX_QUOTED_CHARS ? '…' : ''}\``;
}

function strangeHint(written: string): string | null {
  if (written.startsWith('--')) return COMMENT_HINT;
  if (/^["'`“”‘’]/u.test(written)) return 'names are written without quotes';
  if (/^[[\]<>]/.test(written)) return 'lists stand in round brackets: `(` and `)`';
  return null;
}
