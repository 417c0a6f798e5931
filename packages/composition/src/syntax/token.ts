/** Words and marks of the language. No word is reserved: a set may be called `all`, a function `by`. */
import type { Span } from '../source/span.ts';
import type { Comment } from './ast.ts';

export type Mark = '(' | ')' | '{' | '}' | ',' | ';' | '=' | '=>';
export type TokenKind = 'name' | 'end' | Mark;

export interface Token {
  readonly kind: TokenKind;
  /** The word or mark as it is written; empty at the end. */
  readonly text: string;
  readonly span: Span;
  /** From 1. No token reaches over several lines. */
  readonly line: number;
  /** Comments between the token before and this one. */
  readonly comments: readonly PlacedComment[];
  /** An empty line stands directly before it. */
  readonly gap: boolean;
}

export interface PlacedComment {
  readonly comment: Comment;
  /** The line on which it starts. */
  readonly line: number;
}

/** As messages speak of it. */
export function tokenText({ kind, text }: Token): string {
  return kind === 'end' ? 'the end of the text' : `\`${text}\``;
}
