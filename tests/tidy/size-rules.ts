/** Sizes: a file that one can read in one go, a function that one can see at once. */
import type { Violation } from './repository.ts';
import { isNode, type Source, type SyntaxNode, type Visit } from './source.ts';

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
/** The body of a suite is a list of tests, which are measured one by one. */
const SUITES = new Set(['describe', 'suite']);

export function sizeViolations(source: Source): readonly Violation[] {
  const violations: Violation[] = [];
  const lines = source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0);
  if (lines > MAX_FILE_LINES) violations.push({ path: source.path, line: 1, message: `${lines} lines, more than ${MAX_FILE_LINES}: split the file` });
  for (const visit of source.visits) {
    if (!FUNCTIONS.has(visit.node.type) || isSuiteBody(visit)) continue;
    const first = source.lineAt(visit.node.start);
    const length = source.lineAt(visit.node.end - 1) - first + 1;
    if (length > MAX_FUNCTION_LINES) violations.push({ path: source.path, line: first, message: `a function of ${length} lines, more than ${MAX_FUNCTION_LINES}` });
  }
  return violations;
}

function isSuiteBody({ parent, field }: Visit): boolean {
  return parent?.type === 'CallExpression' && field === 'arguments' && SUITES.has(rootName(parent['callee'] as SyntaxNode));
}

/** `describe` in `describe.each(cases)(…)`. */
function rootName(callee: SyntaxNode): string {
  if (callee.type === 'Identifier') return callee['name'] as string;
  const inner = callee['object'] ?? callee['callee'];
  return isNode(inner) ? rootName(inner) : '';
}
