/**
 * Runs of a trace as the tree that they are: compositions, their applications, and the runs of these, each in the order
 * of its first start. An application is named by its function and the sets that it makes, as its line in the
 * composition says it.
 */
import type { TraceSpan } from '@pappus/api';

export interface TraceRow {
  readonly label: string;
  /** Null for a line that only names a composition. */
  readonly span: TraceSpan | null;
}

interface Node {
  readonly name: string;
  readonly runs: TraceSpan[];
  /** Compositions by their name, applications by their place. */
  readonly children: Map<string, Node>;
}

/** `spans` in the order of their starts. */
export function traceTree(spans: readonly TraceSpan[]): readonly TraceRow[] {
  const root = newNode('');
  for (const span of spans) {
    const path = span.function.split('/');
    const name = path.pop() ?? '';
    let composition = root;
    for (const step of path) composition = childOf(composition, step, step);
    const made = span.makes.length === 0 ? name : `${name} → ${span.makes.join(', ')}`;
    childOf(composition, `${span.application}`, made).runs.push(span);
  }
  return rowsBelow(root, '');
}

const newNode = (name: string): Node => ({ name, runs: [], children: new Map() });

function childOf({ children }: Node, key: string, name: string): Node {
  const known = children.get(key);
  if (known !== undefined) return known;
  const added = newNode(name);
  children.set(key, added);
  return added;
}

function rowsBelow({ children }: Node, indent: string): readonly TraceRow[] {
  const nodes = [...children.values()];
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const below = `${indent}${isLast ? '  ' : '│ '}`;
    return [...ownRows(node, `${indent}${isLast ? '└ ' : '├ '}`, below), ...rowsBelow(node, below)];
  });
}

/** The first run stands beside the name, the others below it. */
function ownRows({ name, runs }: Node, first: string, below: string): readonly TraceRow[] {
  if (runs.length === 0) return [{ label: `${first}${name}`, span: null }];
  if (runs.length === 1) return runs.map((span) => ({ label: `${first}${name}`, span }));
  return runs.map((span, index) => ({ label: `${index === 0 ? `${first}${name}` : `${below}${' '.repeat(name.length)}`} #${span.run}`, span }));
}
