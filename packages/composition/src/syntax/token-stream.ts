/** The parser's view of the tokens: two of them ahead, and who takes the comments between them. */
import type { Span } from '../source/span.ts';
import type { Comment } from './ast.ts';
import type { Lexer } from './lexer.ts';
import type { Token, TokenKind } from './token.ts';

export class TokenStream {
  readonly #lexer: Lexer;
  #current: Token;
  #ahead: Token | null = null;
  #last: Token | null = null;
  /** Comments before the current token that nobody has taken yet. */
  #pending: readonly Comment[];
  /** Comments that were passed in places where none can stay. */
  #stray: Comment[] = [];
  /** Names since the last `forgetNames`. */
  #names: string[] = [];

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#current = lexer.next();
    this.#pending = commentsOf(this.#current);
  }

  get current(): Token {
    return this.#current;
  }

  get ahead(): Token {
    return (this.#ahead ??= this.#lexer.next());
  }

  /** Where the token before the current one stands; at the start, the current one. */
  get lastSpan(): Span {
    return (this.#last ?? this.#current).span;
  }

  is(kind: TokenKind): boolean {
    return this.#current.kind === kind;
  }

  isWord(word: string): boolean {
    return this.is('name') && this.#current.text === word;
  }

  advance(): Token {
    const token = this.#current;
    for (const comment of this.#pending) this.#stray.push(comment);
    if (token.kind === 'name') this.#names.push(token.text);
    this.#last = token;
    this.#current = this.ahead;
    this.#ahead = null;
    this.#pending = commentsOf(this.#current);
    return token;
  }

  /** The comments before the current token. */
  takeComments(): readonly Comment[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  /** The comments behind the last token on its line, if nothing but comments follows there. */
  takeRemarks(): readonly Comment[] {
    const line = this.#last?.line;
    if (line === undefined || (this.#current.kind !== 'end' && this.#current.line === line)) return [];
    const first = this.#current.comments.length - this.#pending.length;
    const following = this.#current.comments.slice(first);
    const found = following.findIndex((comment) => comment.line !== line);
    const count = found < 0 ? following.length : found;
    const taken = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return taken;
  }

  /** Does something with a clean slate for stray comments and gives what strayed meanwhile. */
  collectStray<T>(parse: () => T): { readonly value: T; readonly stray: readonly Comment[] } {
    const outer = this.#stray;
    this.#stray = [];
    const value = parse();
    const stray = this.#stray;
    this.#stray = outer;
    return { value, stray };
  }

  forgetNames(): void {
    this.#names = [];
  }

  /** Adds the names that were passed since the last `forgetNames`. */
  moveNames(to: Set<string>): void {
    for (const name of this.#names) to.add(name);
    this.#names = [];
  }
}

const commentsOf = (token: Token): readonly Comment[] => token.comments.map(({ comment }) => comment);
