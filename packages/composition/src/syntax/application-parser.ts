/** Applications: `callee(parameter = all set, …) => (set = returnSet, …) by set left set;` */
import { DISTRIBUTIONS, JOIN_KINDS, type Distribution, type JoinKind } from '../graph.ts';
import { MAX_SETS_OF_FUNCTION } from '../limits.ts';
import { suggestion } from '../source/nearest-name.ts';
import { spanning } from '../source/span.ts';
import type { Application, Comment, Input, Join, Name, Output } from './ast.ts';
import { hoisted, LOST, type Cursor, type Lost } from './statement-parts.ts';

const isDistribution = (word: string): word is Distribution => (DISTRIBUTIONS as readonly string[]).includes(word);
const isJoinKind = (word: string): word is JoinKind => (JOIN_KINDS as readonly string[]).includes(word);

/** Null where it was not understood: that is reported, and everything up to its end passed. */
export function parseApplication(cursor: Cursor): Application | null {
  const { tokens } = cursor;
  cursor.damaged = false;
  const { gap } = tokens.current;
  const own = tokens.takeComments();
  const { value: parts, stray } = tokens.collectStray(() => {
    const read = applicationParts(cursor);
    if (read !== LOST && cursor.semicolon('the application')) return read;
    cursor.skipTo([';', '}']);
    if (tokens.is(';')) tokens.advance();
    return read;
  });
  if (parts === LOST || cursor.damaged) return null;
  const remarks = tokens.takeRemarks();
  return Object.freeze({ kind: 'application', ...parts, ...hoisted(own, stray, gap), remarks, span: spanning(parts.callee.span, tokens.lastSpan) });
}

type ApplicationParts = Pick<Application, 'callee' | 'inputs' | 'outputs' | 'joins'>;

function applicationParts(cursor: Cursor): ApplicationParts | Lost {
  const callee = cursor.name('the name of a function');
  if (callee === LOST) return LOST;
  const inputs = cursor.list<Input>({
    what: 'an input',
    where: `around the inputs of \`${callee.text}\``,
    element: () => annotated(cursor, parseInput),
    remark: remarked,
  });
  if (inputs === LOST) return LOST;
  if (!cursor.mark('=>', 'between inputs and outputs')) return LOST;
  const outputs = cursor.list<Output>({
    what: 'an output',
    where: `around the outputs of \`${callee.text}\``,
    element: () => annotated(cursor, parseOutput),
    remark: remarked,
  });
  if (outputs === LOST) return LOST;
  const joins = parseJoins(cursor);
  return joins === LOST ? LOST : { callee, inputs, outputs, joins };
}

type Bare<T> = Omit<T, 'comments' | 'remarks'>;

/** An element of a list with the comments before, inside and behind it. */
function annotated<T extends Input | Output>(cursor: Cursor, parse: (cursor: Cursor) => Bare<T> | Lost): T | Lost {
  const { tokens } = cursor;
  const own = tokens.takeComments();
  const { value, stray } = tokens.collectStray(() => parse(cursor));
  if (value === LOST) return LOST;
  const remarks = tokens.takeRemarks();
  const { comments } = hoisted(own.map(withoutGap), stray, false);
  return Object.freeze({ ...value, comments, remarks }) as unknown as T;
}

/** Remarks behind the comma stay. What stood before the comma moves: on one line there is room for one line comment. */
function remarked<T extends Input | Output>(element: T, remarks: readonly Comment[]): T {
  return Object.freeze<T>({ ...element, comments: [...element.comments, ...element.remarks], remarks });
}

const withoutGap = (comment: Comment): Comment => (comment.gap ? Object.freeze({ ...comment, gap: false }) : comment);

function parseInput(cursor: Cursor): Bare<Input> | Lost {
  const { tokens } = cursor;
  const parameter = cursor.name('an input: `parameter = all set`');
  if (parameter === LOST || !cursor.mark('=', `after the input \`${parameter.text}\``)) return LOST;
  const optional = parseOptional(cursor);
  const distribution = parseDistribution(cursor);
  if (distribution === LOST) return LOST;
  const set = cursor.name('the name of a set');
  if (set === LOST) return LOST;
  return { kind: 'input', parameter, optional, distribution, set, span: spanning(parameter.span, tokens.lastSpan) };
}

/** `optional` is the modifier only where a distribution follows. */
function parseOptional({ tokens, diagnostics }: Cursor): boolean {
  if (!tokens.isWord('optional') || tokens.ahead.kind !== 'name') return false;
  tokens.advance();
  while (tokens.isWord('optional') && tokens.ahead.kind === 'name') {
    diagnostics.error('syntax', tokens.advance().span, '`optional` stands here twice', { hint: 'remove one of them' });
  }
  return true;
}

const ALL_DISTRIBUTIONS = DISTRIBUTIONS.map((word) => `\`${word}\``).join(', ');

function parseDistribution(cursor: Cursor): Distribution | Lost {
  const { tokens } = cursor;
  if (!tokens.is('name')) return cursor.reportExpected(`how to hand the set over: ${ALL_DISTRIBUTIONS}`);
  const { text, span: place } = tokens.current;
  if (isDistribution(text)) {
    tokens.advance();
    return text;
  }
  if (tokens.ahead.kind === 'name') {
    const hint = (): string => suggestion(text, [...DISTRIBUTIONS, 'optional']) ?? `write one of ${ALL_DISTRIBUTIONS}`;
    cursor.report('unknown-distribution', place, `\`${text}\` is no way to hand a set over`, { hint });
    return LOST;
  }
  const hint = `write \`all ${text}\` for one run with the whole set, \`each ${text}\` for a run per item, \`keyed ${text}\` for a run per key`;
  cursor.report('missing-distribution', place, `it is not said how the set \`${text}\` is handed over`, { hint });
  return LOST;
}

function parseOutput(cursor: Cursor): Bare<Output> | Lost {
  const set = cursor.name('an output: `set = returnSet`');
  if (set === LOST || !cursor.mark('=', `after the set \`${set.text}\``)) return LOST;
  const returned = cursor.name('the name of a set that the function returns');
  if (returned === LOST) return LOST;
  return { kind: 'output', set, returned, span: spanning(set.span, returned.span) };
}

/** `by name { kind name }`; empty without `by`. */
function parseJoins(cursor: Cursor): readonly Join[] | Lost {
  const { tokens } = cursor;
  if (!tokens.isWord('by')) return [];
  tokens.advance();
  const first = cursor.name('a set to join by');
  if (first === LOST) return LOST;
  const joins: Join[] = [join(null, first)];
  // Where a `;` was forgotten, the next application follows: its callee stands before a bracket.
  while (tokens.is('name') && tokens.ahead.kind !== '(') {
    if (joins.length >= MAX_SETS_OF_FUNCTION) {
      cursor.report('too-many-sets', tokens.current.span, `\`by\` takes at most ${MAX_SETS_OF_FUNCTION} sets`);
      return LOST;
    }
    const start = tokens.current;
    const kind = parseJoinKind(cursor);
    const input = cursor.name('the set to join with');
    if (input === LOST) return LOST;
    if (kind !== LOST) joins.push(Object.freeze({ ...join(kind, input), span: spanning(start.span, input.span) }));
  }
  return joins;
}

const join = (kind: JoinKind | null, input: Name): Join => Object.freeze({ kind: 'join', join: kind, input, span: input.span });

function parseJoinKind(cursor: Cursor): JoinKind | Lost {
  const { text, span: place } = cursor.tokens.advance();
  if (isJoinKind(text)) return text;
  const hint = (): string => suggestion(text, JOIN_KINDS) ?? `write one of ${JOIN_KINDS.map((word) => `\`${word}\``).join(', ')}`;
  cursor.report('unknown-join-kind', place, `\`${text}\` is no kind of join`, { hint });
  return LOST;
}
