/**
 * Calls that only a few places may make. Time and randomness come in through core's Clock and Random, so that everything
 * also runs on simulated ones; configuration is read once, at the edge of a process; only the command line prints.
 */
import { isTestOnly } from './places.ts';
import type { Violation } from './repository.ts';
import { isNamed, isNode, literalText, type Source, type SyntaxNode, type Visit } from './source.ts';

interface Ban {
  /** `name` for a global, `object.property` for a member, `new Date()` and module names as they are. */
  readonly what: readonly string[];
  readonly instead: string;
  readonly mayUse: (path: string) => boolean;
}

/** The entry of each kind of process: it hands the environment on as a parsed, frozen configuration. */
const ENVIRONMENT_READERS: readonly RegExp[] = [
  /^packages\/analytics\/src\/execution\/worker-main\.ts$/,
  /^packages\/cli\/src\/(main|environment)\.ts$/,
];

const BANS: readonly Ban[] = [
  {
    what: ['Date.now', 'new Date()', 'performance.now', 'process.hrtime', 'setTimeout', 'setInterval', 'AbortSignal.timeout', 'node:timers', 'node:timers/promises', 'node:perf_hooks'],
    instead: "take core's Clock",
    mayUse: (path) => path === 'packages/core/src/clock.ts' || isTestOnly(path),
  },
  {
    what: ['Math.random', 'crypto.getRandomValues', 'crypto.randomUUID', 'randomBytes', 'randomUUID'],
    instead: "take core's Random",
    mayUse: (path) => path === 'packages/core/src/random.ts' || isTestOnly(path),
  },
  { what: ['console'], instead: 'take a Logger; only the cli prints, and guest code, whose console is the sandbox\'s', mayUse: (path) => path.startsWith('packages/cli/') || path.startsWith('examples/') || isTestOnly(path) },
  {
    what: ['process.env', 'node:process'],
    instead: 'take a parsed configuration; only the entry of a process reads the environment',
    mayUse: (path) => ENVIRONMENT_READERS.some((reader) => reader.test(path)) || isTestOnly(path),
  },
];

export function callViolations(source: Source): readonly Violation[] {
  const bans = BANS.filter((ban) => !ban.mayUse(source.path));
  if (bans.length === 0) return [];
  const violations: Violation[] = [];
  for (const visit of source.visits) {
    const used = usedNames(visit);
    const ban = bans.find(({ what }) => used.some((name) => what.includes(name)));
    if (ban === undefined) continue;
    violations.push({ path: source.path, line: source.lineAt(visit.node.start), message: `${used.join(', ')}: ${ban.instead}` });
  }
  return violations;
}

function usedNames(visit: Visit): readonly string[] {
  const { node } = visit;
  switch (node.type) {
    case 'Identifier':
      return isReference(visit) ? [node['name'] as string] : [];
    case 'MemberExpression':
      return memberName(node);
    case 'VariableDeclarator':
      return destructuredNames(node);
    case 'NewExpression':
      return isNamed(node['callee'], 'Date') && (node['arguments'] as readonly unknown[]).length === 0 ? ['new Date()'] : [];
    case 'ImportDeclaration':
    case 'ImportExpression': {
      const module = literalText(node['source']);
      return module === null ? [] : [module.startsWith('node:') ? module : `node:${module}`];
    }
    default:
      return [];
  }
}

const KEYED = new Set(['Property', 'MethodDefinition', 'PropertyDefinition', 'TSPropertySignature', 'TSMethodSignature']);

/** Whether the identifier means the global, rather than a field of the same name. */
function isReference({ parent, field }: Visit): boolean {
  if (parent === null) return false;
  if (parent.type === 'MemberExpression' && field === 'property') return parent['computed'] === true;
  if (KEYED.has(parent.type) && field === 'key') return parent['computed'] === true;
  return parent.type !== 'TSTypeQuery' && parent.type !== 'TSQualifiedName';
}

/** `Date.now`, `Date['now']`, and `setTimeout` for `globalThis.setTimeout`. */
function memberName(node: SyntaxNode): readonly string[] {
  const property = node['property'];
  const name = node['computed'] === true ? literalText(property) : isNode(property) ? (property['name'] as string) : null;
  if (name === null) return [];
  const object = node['object'];
  if (!isNode(object)) return [];
  if (isNamed(object, 'globalThis')) return [name];
  if (object.type === 'Identifier') return [`${object['name'] as string}.${name}`];
  // globalThis.process.env
  return object.type === 'MemberExpression' ? memberName(object).map((inner) => `${inner}.${name}`) : [];
}

/** `process.env` for `const { env } = process`. */
function destructuredNames(node: SyntaxNode): readonly string[] {
  const { id, init } = node;
  if (!isNode(id) || id.type !== 'ObjectPattern' || !isNode(init) || init.type !== 'Identifier') return [];
  const keys = (id['properties'] as readonly SyntaxNode[]).map((property) => property['key']).filter(isNode);
  return keys.map((key) => `${init['name'] as string}.${String(key['name'])}`);
}
