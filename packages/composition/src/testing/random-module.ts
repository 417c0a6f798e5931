/** Random syntax trees as the parser makes them: any names, any comments, not necessarily sensible. */
import fc from 'fast-check';
import { DISTRIBUTIONS, JOIN_KINDS } from '../graph.ts';
import { span } from '../source/span.ts';
import type { Annotated, Application, Comment, Composition, FunctionDeclaration, Input, Join, Module, ModuleItem, Name, Output, Statement } from '../syntax/ast.ts';
import { moduleNode } from '../builder/nodes.ts';

const nowhere = span(0, 0);

/** Words of the language are names like any other. */
const WORDS = ['function', 'composition', 'all', 'keyed', 'each', 'anyKeyed', 'anyEach', 'optional', 'by', 'inner', 'left', 'right', 'full', 'outer', 'cross'];
const nameText = fc.oneof(
  fc.constantFrom(...WORDS, 'a', 'b', 'images', 'HTTP', '_', 'put_requests', 'größe', '数据', 'x1'),
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,30}$/),
);
const name: fc.Arbitrary<Name> = nameText.map((text) => ({ kind: 'name', text, span: nowhere }));
const names = fc.array(name, { maxLength: 6 });

const PIECES = [' ', 'note', '//', '/*', '*', '/', ';', '}', 'composition c() => () {', '\t', 'ä', '🌱', '"', "'"];
const lineText = fc.array(fc.constantFrom(...PIECES), { maxLength: 5 }).map((pieces) => pieces.join('').trimEnd());
const blockText = fc
  .array(fc.constantFrom(...PIECES, '\n', '\n\n'), { maxLength: 5 })
  .map((pieces) => pieces.join(''))
  .filter((text) => !text.includes('*/'));

const commentOf = (style: Comment['style'], text: string, gap: boolean): Comment => ({ kind: 'comment', style, text, gap, span: nowhere });
const comment = (gap: fc.Arbitrary<boolean>): fc.Arbitrary<Comment> =>
  fc.oneof(
    fc.tuple(lineText, gap).map(([text, before]) => commentOf('line', text, before)),
    fc.tuple(blockText, gap).map(([text, before]) => commentOf('block', text, before)),
  );
const never = fc.constant(false);
const comments = (gap: fc.Arbitrary<boolean>): fc.Arbitrary<readonly Comment[]> => fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(comment(gap), { maxLength: 3 }) });

/** Blocks on one line, then perhaps one that ends the line. */
const remarks: fc.Arbitrary<readonly Comment[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(blockText.filter((text) => !text.includes('\n')), { maxLength: 2 }), fc.option(comment(never), { nil: null })).map(([blocks, last]) => [
      ...blocks.map((text) => commentOf('block', text, false)),
      ...(last === null ? [] : [last]),
    ]),
  },
);

const annotations: fc.Arbitrary<Annotated> = fc.record({ comments: comments(never), remarks, span: fc.constant(nowhere) });
const statement: fc.Arbitrary<Statement> = fc.record({ comments: comments(fc.boolean()), remarks, gap: fc.boolean(), span: fc.constant(nowhere) });

const input: fc.Arbitrary<Input> = fc
  .record({ kind: fc.constant('input' as const), parameter: name, optional: fc.boolean(), distribution: fc.constantFrom(...DISTRIBUTIONS), set: name, notes: annotations })
  .map(({ notes, ...node }) => ({ ...node, ...notes }));
const output: fc.Arbitrary<Output> = fc.record({ kind: fc.constant('output' as const), set: name, returned: name, notes: annotations }).map(({ notes, ...node }) => ({ ...node, ...notes }));

const joins: fc.Arbitrary<readonly Join[]> = fc
  .array(fc.tuple(fc.constantFrom(...JOIN_KINDS), name), { maxLength: 3 })
  .map((list) => list.map(([kind, joined], index): Join => ({ kind: 'join', join: index === 0 ? null : kind, input: joined, span: nowhere })));

const application: fc.Arbitrary<Application> = fc
  .record({ kind: fc.constant('application' as const), callee: name, inputs: fc.array(input, { maxLength: 4 }), outputs: fc.array(output, { maxLength: 3 }), joins, notes: statement })
  .map(({ notes, ...node }) => ({ ...node, ...notes }));

const declaration: fc.Arbitrary<FunctionDeclaration> = fc.record({ kind: fc.constant('function' as const), name, inputs: names, outputs: names, notes: statement }).map(({ notes, ...node }) => ({ ...node, ...notes }));

const composition: fc.Arbitrary<Composition> = fc
  .record({ kind: fc.constant('composition' as const), name, inputs: names, outputs: names, applications: fc.array(application, { maxLength: 5 }), closing: comments(fc.boolean()), notes: statement })
  .map(({ notes, applications, closing, ...node }) => ({
    ...node,
    ...notes,
    applications: applications.map((node, index) => (index === 0 ? gapped(node, false) : node)),
    closing: applications.length === 0 ? withoutFirstGap(closing) : closing,
  }));

export const randomModule: fc.Arbitrary<Module> = fc
  .tuple(fc.array(fc.oneof(declaration, composition), { maxLength: 5 }), comments(fc.boolean()))
  .map(([items, closing]) => ({ ...moduleNode(items.map(spaced)), closing: items.length === 0 ? withoutFirstGap(closing) : closing }))
  // `moduleNode` puts its empty line before the node; where there are comments it belongs before them.
  .map((module) => ({ ...module, items: module.items.map(spaced) }));

function spaced(item: ModuleItem, index: number, items: readonly ModuleItem[]): ModuleItem {
  const before = items[index - 1];
  if (before === undefined) return gapped(item, false);
  return item.kind === 'composition' || before.kind === 'composition' ? gapped(item, true) : item;
}

function gapped<T extends Statement>(node: T, gap: boolean): T {
  const [first, ...others] = node.comments;
  return first === undefined ? { ...node, gap } : { ...node, comments: [{ ...first, gap }, ...others] };
}

function withoutFirstGap(list: readonly Comment[]): readonly Comment[] {
  const [first, ...others] = list;
  return first === undefined ? list : [{ ...first, gap: false }, ...others];
}

/** The same tree without places. */
export function withoutSpans(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSpans);
  if (node instanceof Set) return node;
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).flatMap(([key, value]) => (key === 'span' ? [] : [[key, withoutSpans(value)]])));
}
