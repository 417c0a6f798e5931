/**
 * A syntax tree to its one canonical text. Printing what was parsed from printed text gives that text again, and parsing
 * it gives the same tree but for places. A line wider than `WIDTH` is broken before `=>`, and if that does not do, or where
 * an input or output has comments, into a line for each input and output.
 */
import type { Application, Comment, Composition, FunctionDeclaration, Input, Join, Module, ModuleItem, Name, Output, Statement } from './ast.ts';

const WIDTH = 100;
const STEP = '    ';

/** Of a module that was parsed without errors: what could not be parsed is not in the tree. */
export function print(module: Module): string {
  const blocks = [...module.items.flatMap(printItem), ...printComments(module.closing, '')];
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`;
}

/** One line or several, without the last line's end. */
type Lines = readonly string[];

function printItem(item: ModuleItem): Lines {
  switch (item.kind) {
    case 'function':
      return statement(item, '', declaration(item));
    case 'composition':
      return statement(item, '', composition(item));
  }
}

/** Comments, empty line, the statement, and its remarks behind the last line. */
function statement(node: Statement, indent: string, lines: Lines): Lines {
  return [...printComments(node.comments, indent), ...(node.gap ? [''] : []), ...remarked(lines, node.remarks)];
}

function printComments(comments: readonly Comment[], indent: string): Lines {
  return comments.flatMap((comment) => [...(comment.gap ? [''] : []), indent + commentText(comment)]);
}

const commentText = ({ style, text }: Comment): string => (style === 'line' ? `//${text}` : `/*${text}*/`);

function remarked(lines: Lines, remarks: readonly Comment[]): Lines {
  if (remarks.length === 0) return lines;
  return [...lines.slice(0, -1), [lines.at(-1) ?? '', ...remarks.map(commentText)].join(' ')];
}

function declaration({ name, inputs, outputs }: FunctionDeclaration): Lines {
  return signature(`function ${name.text}`, inputs, outputs, ';');
}

function composition({ name, inputs, outputs, applications, closing }: Composition): Lines {
  const head = signature(`composition ${name.text}`, inputs, outputs, ' {');
  const body = applications.flatMap((node) => statement(node, STEP, application(node)));
  const end = printComments(closing, STEP);
  if (body.length + end.length === 0) return [...head.slice(0, -1), `${head.at(-1) ?? ''}}`];
  return [...head, ...body, ...end, '}'];
}

function signature(start: string, inputs: readonly Name[], outputs: readonly Name[], end: string): Lines {
  const flat = `${start}(${names(inputs)}) => (${names(outputs)})${end}`;
  if (flat.length <= WIDTH) return [flat];
  const broken = (list: readonly Name[]): Lines => list.map(({ text }, index) => `${STEP}${text}${index + 1 < list.length ? ',' : ''}`);
  return join(`${start}(`, broken(inputs), ') => (', broken(outputs), `)${end}`, '');
}

const names = (list: readonly Name[]): string => list.map(({ text }) => text).join(', ');

/** `first` list `middle` list `last`; an empty list leaves the marks around it on one line. */
function join(first: string, inputs: Lines, middle: string, outputs: Lines, last: string, indent: string): Lines {
  const head = inputs.length === 0 ? [indent + first + middle] : [indent + first, ...inputs, indent + middle];
  return outputs.length === 0 ? [...head.slice(0, -1), (head.at(-1) ?? '') + last] : [...head, ...outputs, indent + last];
}

function application(node: Application): Lines {
  const { callee, inputs, outputs, joins } = node;
  const annotated = [...inputs, ...outputs].some(({ comments, remarks }) => comments.length + remarks.length > 0);
  const left = `${STEP}${callee.text}(${inputs.map(inputText).join(', ')})`;
  const right = `=> (${outputs.map(outputText).join(', ')})${by(joins)};`;
  if (!annotated && left.length + 1 + right.length <= WIDTH) return [`${left} ${right}`];
  if (!annotated && left.length <= WIDTH && 2 * STEP.length + right.length <= WIDTH) return [left, STEP + STEP + right];
  return join(`${callee.text}(`, elements(inputs, inputText), ') => (', elements(outputs, outputText), `)${by(joins)};`, STEP);
}

function elements<T extends Input | Output>(list: readonly T[], text: (node: T) => string): Lines {
  const indent = STEP + STEP;
  return list.flatMap((node, index) => {
    const line = `${indent}${text(node)}${index + 1 < list.length ? ',' : ''}`;
    return [...printComments(node.comments, indent), ...remarked([line], node.remarks)];
  });
}

const inputText = ({ parameter, optional, distribution, set }: Input): string => `${parameter.text} = ${optional ? 'optional ' : ''}${distribution} ${set.text}`;

const outputText = ({ set, returned }: Output): string => `${set.text} = ${returned.text}`;

const by = (joins: readonly Join[]): string =>
  joins.length === 0 ? '' : ` by ${joins.map(({ join: kind, input }) => (kind === null ? input.text : `${kind} ${input.text}`)).join(' ')}`;
