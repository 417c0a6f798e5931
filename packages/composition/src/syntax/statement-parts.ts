/** What the parser of declarations and the parser of applications share: names, lists, marks, and finding back. */
import { MAX_SETS_OF_FUNCTION } from '../limits.ts';
import type { DiagnosticCode, DiagnosticList, Explanation } from '../source/diagnostic.ts';
import { span, type Span } from '../source/span.ts';
import type { Comment, Name } from './ast.ts';
import type { TokenStream } from './token-stream.ts';
import { tokenText, type Mark, type TokenKind } from './token.ts';

/** A statement that cannot be read further; its words are skipped. Never leaves the parser. */
export const LOST: unique symbol = Symbol('lost');
export type Lost = typeof LOST;

export interface ListShape<T> {
  /** One element, as messages call it. */
  readonly what: string;
  readonly where: string;
  readonly element: () => T | Lost;
  readonly remark?: (element: T, remarks: readonly Comment[]) => T;
}

export class Cursor {
  readonly tokens: TokenStream;
  readonly diagnostics: DiagnosticList;
  /** Something of the current statement was not understood, and reported: it is read to its end and dropped. */
  damaged = false;

  constructor(tokens: TokenStream, diagnostics: DiagnosticList) {
    this.tokens = tokens;
    this.diagnostics = diagnostics;
  }

  report(code: DiagnosticCode, place: Span, message: string, explanation: Explanation = {}): void {
    this.damaged = true;
    this.diagnostics.error(code, place, message, explanation);
  }

  /** `what` is missing where the current token stands. */
  reportExpected(what: string, explanation: Explanation = {}): Lost {
    const { current } = this.tokens;
    this.damaged = true;
    if (!this.diagnostics.hasErrorAt(current.span.start)) this.report('syntax', current.span, `expected ${what}, found ${tokenText(current)}`, explanation);
    return LOST;
  }

  /** A name, or `LOST` after reporting that there is none. */
  name(what: string): Name | Lost {
    if (!this.tokens.is('name')) return this.reportExpected(what);
    const token = this.tokens.advance();
    return Object.freeze({ kind: 'name', text: token.text, span: token.span });
  }

  mark(mark: Mark, where: string, explanation: Explanation = {}): boolean {
    if (this.tokens.is(mark)) {
      this.tokens.advance();
      return true;
    }
    this.reportExpected(`\`${mark}\` ${where}`, explanation);
    return false;
  }

  /**
   * The `;` at the end of a statement. Where it was only forgotten, which what follows shows, that is reported and the
   * statement holds. Otherwise its end is still to be found, and the result is false.
   */
  semicolon(after: string): boolean {
    if (this.tokens.is(';')) {
      this.tokens.advance();
      return true;
    }
    if (!this.tokens.is('name') && !this.tokens.is('}') && !this.tokens.is('end')) {
      this.reportExpected(`\`;\` after ${after}`);
      return false;
    }
    const { end } = this.tokens.lastSpan;
    this.diagnostics.error('syntax', span(end, end), `expected \`;\` after ${after}`);
    return true;
  }

  /**
   * `( element, … )`. An element that is not understood is skipped up to the next `,` or `)`, so that the mistakes of its
   * neighbours are reported too. Comments behind a comma, on its line, are handed to the element before it.
   */
  list<T>({ what, where, element, remark }: ListShape<T>): readonly T[] | Lost {
    if (!this.mark('(', where)) return LOST;
    const found: T[] = [];
    if (this.tokens.is(')')) {
      this.tokens.advance();
      return found;
    }
    for (;;) {
      const parsed = this.#element(what, element);
      const comma = this.tokens.is(',');
      if (comma) this.tokens.advance();
      if (parsed !== LOST) {
        const remarks = comma && remark !== undefined ? this.tokens.takeRemarks() : [];
        found.push(remark === undefined || remarks.length === 0 ? parsed : remark(parsed, remarks));
      }
      if (found.length > MAX_SETS_OF_FUNCTION) return this.#tooMany();
      if (comma) continue;
      if (!this.tokens.is('name') || this.startsItem()) return this.mark(')', where) ? found : LOST;
      this.#forgottenComma();
    }
  }

  #tooMany(): Lost {
    this.report('too-many-sets', this.tokens.lastSpan, `a list has at most ${MAX_SETS_OF_FUNCTION} elements`);
    return LOST;
  }

  #element<T>(what: string, element: () => T | Lost): T | Lost {
    if (this.tokens.is(')')) {
      this.report('syntax', this.tokens.lastSpan, `expected ${what} after \`,\``, { hint: 'remove the comma after the last one' });
      return LOST;
    }
    const parsed = element();
    if (parsed === LOST) this.skipTo([',', ')', '=>', ';', '{', '}']);
    return parsed;
  }

  #forgottenComma(): void {
    const { end } = this.tokens.lastSpan;
    this.diagnostics.error('syntax', span(end, end), `expected \`,\` before ${tokenText(this.tokens.current)}`);
  }

  /** `function name` or `composition name`: never part of an application, so a body without its `}` ends here. */
  startsItem(): boolean {
    const { tokens } = this;
    return (tokens.isWord('function') || tokens.isWord('composition')) && tokens.ahead.kind === 'name';
  }

  /** Skips to the next of these, or to where a new item starts, or to the end. */
  skipTo(kinds: readonly TokenKind[]): void {
    while (!this.tokens.is('end') && !kinds.includes(this.tokens.current.kind) && !this.startsItem()) this.tokens.advance();
  }
}

/** Comments inside a statement move before it, behind those that stand there, and take its empty line along. */
export function hoisted(own: readonly Comment[], inside: readonly Comment[], gap: boolean): { readonly comments: readonly Comment[]; readonly gap: boolean } {
  if (inside.length === 0) return { comments: own, gap };
  const moved = inside.map((comment, index) => Object.freeze({ ...comment, gap: index === 0 && gap }));
  return { comments: [...own, ...moved], gap: false };
}

/** Nothing stands before the first line of a block, so no empty line does. */
export function atBlockStart<T extends { readonly comments: readonly Comment[]; readonly gap: boolean }>(node: T): T {
  return withFirstGap(node, false);
}

/** The same node with or without an empty line before its first line. */
export function withFirstGap<T extends { readonly comments: readonly Comment[]; readonly gap: boolean }>(node: T, gap: boolean): T {
  const [first, ...others] = node.comments;
  if (first === undefined) return node.gap === gap ? node : Object.freeze({ ...node, gap });
  if (first.gap === gap) return node;
  return Object.freeze({ ...node, comments: [Object.freeze({ ...first, gap }), ...others] });
}
