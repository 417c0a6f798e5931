/** Package edges: which packages a file may import, by which name, and that a relative import stays at home. */
import { posix } from 'node:path';
import { INSIDE_EXCEPTIONS, PACKAGE_TABLE, TEST_TOOLS } from './package-table.ts';
import { isTestOnly, packageOf } from './places.ts';
import type { Violation } from './repository.ts';
import { isNamed, isNode, literalText, type Source, type SyntaxNode } from './source.ts';

/** The dependencies that the file's own package.json names. */
export interface Manifest {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const SCOPE = '@pappus/';
/** What functions in TypeScript import, for their types. */
const FUNCTION_TYPES = '@pappus/platform';

export function importViolations(source: Source, manifest: Manifest | null): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { node } of source.visits) {
    const specifier = importedModule(node);
    if (specifier === null) continue;
    const message = problem(source.path, specifier, manifest);
    if (message !== null) violations.push({ path: source.path, line: source.lineAt(node.start), message });
  }
  return violations;
}

function importedModule(node: SyntaxNode): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literalText(node['source']);
    // new URL('./thread.ts', import.meta.url)
    case 'NewExpression': {
      const [first] = node['arguments'] as readonly unknown[];
      const text = isNamed(node['callee'], 'URL') && isNode(first) ? literalText(first) : null;
      return text?.startsWith('.') === true ? text : null;
    }
    default:
      return null;
  }
}

function problem(path: string, specifier: string, manifest: Manifest | null): string | null {
  if (specifier.startsWith('node:')) return null;
  if (specifier.startsWith('.')) return relativeProblem(path, specifier);
  if (specifier.startsWith(SCOPE)) return edgeProblem(path, specifier, manifest);
  return externalProblem(path, specifier, manifest);
}

function relativeProblem(path: string, specifier: string): string | null {
  const target = posix.join(posix.dirname(path), specifier);
  const own = packageOf(path);
  if (own === null) return packageOf(target) === null ? null : `${specifier} reaches into a package: import it by its name`;
  const home = own === 'bench' ? 'bench/' : `packages/${own}/`;
  if (target.startsWith(home)) return null;
  if (INSIDE_EXCEPTIONS.some(({ from, to }) => from.test(path) && to.test(target))) return null;
  return `${specifier} leaves its package: import the other package by its name`;
}

function edgeProblem(path: string, specifier: string, manifest: Manifest | null): string | null {
  const [name = '', ...inside] = specifier.slice(SCOPE.length).split('/');
  if (inside.length > 0) return `${specifier} reaches into a package: import ${SCOPE}${name}`;
  const own = packageOf(path);
  if (own === null) return path.startsWith('examples/') && specifier === FUNCTION_TYPES ? null : `${specifier}: files outside the packages import none of them`;
  const rule = PACKAGE_TABLE.get(own);
  if (rule === undefined) return `package ${own} is not in tests/tidy/package-table.ts`;
  const allowed = rule.uses.includes(name) || (isTestOnly(path) && rule.testsUse.includes(name));
  if (!allowed) return `${own} may not import ${specifier} here: it is not an edge of ARCHITECTURE.md`;
  return undeclared(path, SCOPE + name, manifest);
}

function externalProblem(path: string, specifier: string, manifest: Manifest | null): string | null {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  if (isTestOnly(path) && TEST_TOOLS.includes(name)) return null;
  return packageOf(path) === null ? null : undeclared(path, name, manifest);
}

function undeclared(path: string, name: string, manifest: Manifest | null): string | null {
  const declared = manifest?.dependencies.includes(name) === true || (isTestOnly(path) && manifest?.devDependencies.includes(name) === true);
  return declared ? null : `${name} is not a dependency in the package.json of ${packageOf(path) ?? 'the repository'}`;
}
