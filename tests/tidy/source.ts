/** A source file as a syntax tree that rules can walk. Rules look at code, so words in strings and comments do not count. */
import { parseSync } from 'oxc-parser';
import type { TextFile } from './repository.ts';

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Visit {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | null;
  /** The parent's field that holds the node. */
  readonly field: string;
}

export interface Source extends TextFile {
  readonly visits: readonly Visit[];
  /** Counted from 1. */
  lineAt(offset: number): number;
}

const SOURCE_ENDINGS = /\.(ts|mts|mjs|js)$/;

export const isSource = (path: string): boolean => SOURCE_ENDINGS.test(path) && !path.endsWith('.d.ts');

export function parseSource(file: TextFile): Source {
  const result = parseSync(file.path, file.text);
  const [error] = result.errors;
  if (error !== undefined) throw new Error(`${file.path}: ${error.message}`);
  const visits: Visit[] = [];
  collect(result.program as unknown as SyntaxNode, null, '', visits);
  const starts = lineStarts(file.text);
  return { ...file, visits, lineAt: (offset) => lineOf(starts, offset) };
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

export const isNamed = (value: unknown, name: string): boolean => isNode(value) && value.type === 'Identifier' && value['name'] === name;

export const literalText = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : null;

function collect(node: SyntaxNode, parent: SyntaxNode | null, field: string, into: Visit[]): void {
  into.push({ node, parent, field });
  for (const [name, value] of Object.entries(node)) {
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) collect(child, node, name, into);
    } else if (isNode(value)) collect(value, node, name, into);
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
