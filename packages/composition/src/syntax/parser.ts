/**
 * Text to a syntax tree by recursive descent. The grammar needs two tokens ahead:
 *
 *   module      := { declaration | composition }
 *   declaration := "function" name "(" names ")" "=>" "(" names ")" ";"
 *   composition := "composition" name "(" names ")" "=>" "(" names ")" "{" { application ";" } "}"
 *   application := name "(" [ input { "," input } ] ")" "=>" "(" [ output { "," output } ] ")" [ "by" name { join name } ]
 *   input       := name "=" [ "optional" ] ( "all" | "keyed" | "each" | "anyKeyed" | "anyEach" ) name
 *   output      := name "=" name
 *   join        := "inner" | "left" | "right" | "full" | "outer" | "cross"
 *
 * It is that of the published Dandelion language, with comments. After a mistake it finds back at the next `,`, `;` or
 * `}`; what it could not read is not in the tree, and its names are in `Module.skipped`.
 */
import { MAX_APPLICATIONS, MAX_ITEMS, MAX_SOURCE_BYTES } from '../limits.ts';
import { DiagnosticList, type Diagnostic } from '../source/diagnostic.ts';
import { nearestName } from '../source/nearest-name.ts';
import { span, spanning, type Span } from '../source/span.ts';
import { parseApplication } from './application-parser.ts';
import type { Application, Comment, Composition, FunctionDeclaration, Module, ModuleItem, Name } from './ast.ts';
import { Lexer } from './lexer.ts';
import { atBlockStart, Cursor, hoisted, LOST, withFirstGap, type Lost } from './statement-parts.ts';
import { TokenStream } from './token-stream.ts';
import { tokenText } from './token.ts';

export interface Parsed {
  /** What could be read; everything where `diagnostics` has no error. */
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** Never throws, whatever the text. */
export function parse(text: string): Parsed {
  const diagnostics = new DiagnosticList();
  if (isTooLong(text)) {
    diagnostics.error('source-too-long', span(0, 0), `the text is longer than ${MAX_SOURCE_BYTES} bytes`, { hint: 'split it into several modules' });
    return { module: moduleOf([], [], new Set()), diagnostics: diagnostics.toArray() };
  }
  const lexer = new Lexer(text, diagnostics);
  const cursor = new Cursor(new TokenStream(lexer), diagnostics);
  const module = parseModule(cursor, lexer.wrongNames);
  return { module, diagnostics: diagnostics.toArray() };
}

/** An UTF-16 unit is at least one byte of UTF-8 and at most three. */
function isTooLong(text: string): boolean {
  if (text.length * 3 <= MAX_SOURCE_BYTES) return false;
  return text.length > MAX_SOURCE_BYTES || new TextEncoder().encode(text).length > MAX_SOURCE_BYTES;
}

const moduleOf = (items: readonly ModuleItem[], closing: readonly Comment[], skipped: ReadonlySet<string>): Module =>
  Object.freeze({ kind: 'module', items: Object.freeze(items), closing: Object.freeze(closing), skipped });

/** `wrongNames` fills while the text is read. */
function parseModule(cursor: Cursor, wrongNames: readonly string[]): Module {
  const { tokens, diagnostics } = cursor;
  const items: ModuleItem[] = [];
  const skipped = new Set<string>();
  while (!tokens.is('end') && !diagnostics.full) {
    if (items.length >= MAX_ITEMS) {
      diagnostics.error('too-many-items', tokens.current.span, `a module has at most ${MAX_ITEMS} functions and compositions`);
      break;
    }
    tokens.forgetNames();
    const item = parseItem(cursor, skipped);
    if (item === null) tokens.moveNames(skipped);
    else items.push(spaced(item, items.at(-1)));
  }
  const closing = tokens.is('end') ? tokens.takeComments() : [];
  for (const name of wrongNames) skipped.add(name);
  return moduleOf(items, items.length === 0 ? closingAtStart(closing) : closing, skipped);
}

/** An empty line stands around every composition. */
function spaced(item: ModuleItem, before: ModuleItem | undefined): ModuleItem {
  if (before === undefined) return atBlockStart(item);
  return item.kind === 'composition' || before.kind === 'composition' ? withFirstGap(item, true) : item;
}

function closingAtStart(closing: readonly Comment[]): readonly Comment[] {
  const [first, ...others] = closing;
  return first === undefined || !first.gap ? closing : [Object.freeze({ ...first, gap: false }), ...others];
}

function parseItem(cursor: Cursor, skipped: Set<string>): ModuleItem | null {
  const { tokens } = cursor;
  cursor.damaged = false;
  if (tokens.isWord('function')) return parseFunction(cursor);
  if (tokens.isWord('composition')) return parseComposition(cursor, skipped);
  if (tokens.is('name')) return parseUnknownItem(cursor, skipped);
  cursor.reportExpected('`function` or `composition`', tokens.is(';') ? { hint: 'remove the `;`' } : {});
  skipItem(cursor);
  return null;
}

/** A word that is near enough is read as what it was meant to be. */
function parseUnknownItem(cursor: Cursor, skipped: Set<string>): ModuleItem | null {
  const { tokens, diagnostics } = cursor;
  const { current } = tokens;
  const meant = tokens.ahead.kind === 'name' ? nearestName(current.text, ['function', 'composition']) : null;
  const hint = meant === null ? 'applications stand inside a composition' : `did you mean \`${meant}\`?`;
  diagnostics.error('unknown-item', current.span, `expected \`function\` or \`composition\`, found ${tokenText(current)}`, { hint });
  if (meant === 'function') return parseFunction(cursor);
  if (meant === 'composition') return parseComposition(cursor, skipped);
  skipItem(cursor);
  return null;
}

/** To behind the next `;` or a body in curly brackets, or to where an item starts. */
function skipItem(cursor: Cursor): void {
  const { tokens } = cursor;
  cursor.skipTo([';', '{', '}']);
  if (tokens.is('{')) cursor.skipTo(['}']);
  if (tokens.is(';') || tokens.is('}')) tokens.advance();
}

interface Signature {
  readonly name: Name;
  readonly inputs: readonly Name[];
  readonly outputs: readonly Name[];
}

/** `word name(names) => (names)` */
function parseSignature(cursor: Cursor): (Signature & { readonly start: Span }) | Lost {
  const start = cursor.tokens.advance().span;
  const name = cursor.name('a name');
  if (name === LOST) return LOST;
  const inputs = nameList(cursor, `around the inputs of \`${name.text}\``);
  if (inputs === LOST || !cursor.mark('=>', 'between inputs and outputs')) return LOST;
  const outputs = nameList(cursor, `around the outputs of \`${name.text}\``);
  return outputs === LOST ? LOST : { name, inputs, outputs, start };
}

const nameList = (cursor: Cursor, where: string): readonly Name[] | Lost =>
  cursor.list<Name>({ what: 'the name of a set', where, element: () => cursor.name('the name of a set') });

function parseFunction(cursor: Cursor): FunctionDeclaration | null {
  const { tokens } = cursor;
  const { gap } = tokens.current;
  const own = tokens.takeComments();
  const { value: signature, stray } = tokens.collectStray(() => {
    const read = parseSignature(cursor);
    if (read === LOST || !cursor.semicolon('the declaration')) skipItem(cursor);
    return read;
  });
  if (signature === LOST || cursor.damaged) return null;
  const { name, inputs, outputs, start } = signature;
  const remarks = tokens.takeRemarks();
  return Object.freeze({ kind: 'function', name, inputs, outputs, ...hoisted(own, stray, gap), remarks, span: spanning(start, tokens.lastSpan) });
}

function parseComposition(cursor: Cursor, skipped: Set<string>): Composition | null {
  const { tokens } = cursor;
  const { gap } = tokens.current;
  const own = tokens.takeComments();
  const { value: signature, stray } = tokens.collectStray(() => parseHead(cursor));
  if (signature === null) {
    skipItem(cursor);
    return null;
  }
  const lost = signature === LOST || cursor.damaged;
  if (lost) tokens.moveNames(skipped);
  const { value: body, stray: late } = tokens.collectStray(() => parseBody(cursor, skipped, lost ? [] : signature.outputs));
  if (lost) return null;
  const { name, inputs, outputs, start } = signature;
  const remarks = tokens.takeRemarks();
  const around = hoisted(own, [...stray, ...late], gap);
  return Object.freeze({ kind: 'composition', name, inputs, outputs, ...body, ...around, remarks, span: spanning(start, tokens.lastSpan) });
}

/** Up to and with the `{`; null where there is none. */
function parseHead(cursor: Cursor): ReturnType<typeof parseSignature> | null {
  const signature = parseSignature(cursor);
  if (signature === LOST) cursor.skipTo(['{', ';', '}']);
  if (signature === LOST && !cursor.tokens.is('{')) return null;
  return cursor.mark('{', 'before the applications of a composition') ? signature : null;
}

/** Up to and with the `}`. An application that is lost may have assigned any of the composition's outputs. */
function parseBody(cursor: Cursor, skipped: Set<string>, outputs: readonly Name[]): Pick<Composition, 'applications' | 'closing'> {
  const { tokens, diagnostics } = cursor;
  const applications: Application[] = [];
  while (!tokens.is('}') && !tokens.is('end') && !cursor.startsItem() && !diagnostics.full) {
    tokens.forgetNames();
    const { span: place } = tokens.current;
    const application = parseApplication(cursor);
    if (application === null) {
      tokens.moveNames(skipped);
      for (const { text } of outputs) skipped.add(text);
    } else if (applications.length < MAX_APPLICATIONS) applications.push(applications.length === 0 ? atBlockStart(application) : application);
    else {
      diagnostics.error('too-many-applications', place, `a composition has at most ${MAX_APPLICATIONS} applications`, { hint: 'move some into a composition of their own' });
      cursor.skipTo(['}']);
    }
  }
  const closing = tokens.is('}') ? tokens.takeComments() : [];
  const hint = cursor.startsItem() ? 'functions and compositions stand outside of compositions' : null;
  if (!diagnostics.full) cursor.mark('}', 'after the applications of a composition', { hint });
  return { applications, closing: applications.length === 0 ? closingAtStart(closing) : closing };
}
