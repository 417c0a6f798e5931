/** Packages and their dependencies: a README, one index with explicit names, exact versions, a reason for each dependency. */
import { PACKAGE_TABLE } from './package-table.ts';
import type { TextFile, Violation } from './repository.ts';
import type { Source } from './source.ts';

interface PackageJson {
  readonly name?: string;
  readonly license?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const OWN = '@pappus/';

export const parseManifest = (file: TextFile): PackageJson => JSON.parse(file.text) as PackageJson;

export function externalDependencies(manifest: PackageJson): readonly (readonly [string, string])[] {
  const all = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
  return all.flatMap((group) => Object.entries(group ?? {})).filter(([name]) => !name.startsWith(OWN));
}

export function manifestViolations(file: TextFile): readonly Violation[] {
  const manifest = parseManifest(file);
  const problems: string[] = [];
  for (const [name, version] of externalDependencies(manifest)) {
    if (!EXACT_VERSION.test(version)) problems.push(`${name} ${version}: versions are pinned exactly`);
  }
  if (manifest.license !== 'Apache-2.0') problems.push('the licence is Apache-2.0');
  problems.push(...edgeProblems(file.path, manifest));
  return problems.map((message) => ({ path: file.path, line: 1, message }));
}

function edgeProblems(path: string, manifest: PackageJson): readonly string[] {
  const own = manifest.name?.startsWith(OWN) === true ? manifest.name.slice(OWN.length) : null;
  if (own === null) return path === 'package.json' ? [] : [`a package is named ${OWN}…`];
  const rule = PACKAGE_TABLE.get(own);
  if (rule === undefined) return [`package ${own} is not in tests/tidy/package-table.ts`];
  const packages = (group: Readonly<Record<string, string>> | undefined): string[] =>
    Object.keys(group ?? {}).filter((name) => name.startsWith(OWN)).map((name) => name.slice(OWN.length));
  const strange = packages(manifest.dependencies).filter((name) => !rule.uses.includes(name));
  const strangeInTests = packages(manifest.devDependencies).filter((name) => !rule.testsUse.includes(name) && !rule.uses.includes(name));
  const problems = [...strange, ...strangeInTests].map((name) => `${own} may not depend on ${name}: it is not an edge of ARCHITECTURE.md`);
  const entries = Object.keys(manifest.exports ?? {}).filter((entry) => entry !== '.');
  return [...problems, ...entries.map((entry) => `exports ${entry}: a package has one entry, its index.ts`)];
}

/** Every package folder has a README and, where something may import it, one index. */
export function packageFileViolations(paths: ReadonlySet<string>): readonly Violation[] {
  const violations: Violation[] = [];
  for (const path of paths) {
    const match = /^(packages\/[^/]+|bench)\/package\.json$/.exec(path);
    const folder = match?.[1];
    if (folder === undefined) continue;
    const wanted = folder === 'bench' ? ['README.md'] : ['README.md', 'src/index.ts'];
    for (const name of wanted) if (!paths.has(`${folder}/${name}`)) violations.push({ path: `${folder}/${name}`, line: 1, message: 'is missing' });
  }
  for (const path of paths) {
    if (/^packages\/[^/]+\/src\/.+\/index\.ts$/.test(path)) violations.push({ path, line: 1, message: 'a package has one index.ts, in src' });
  }
  return violations;
}

export function indexViolations(source: Source): readonly Violation[] {
  if (!/^packages\/[^/]+\/src\/index\.ts$/.test(source.path)) return [];
  return source.visits
    .filter(({ node }) => node.type === 'ExportAllDeclaration')
    .map(({ node }) => ({ path: source.path, line: source.lineAt(node.start), message: 'an index exports by explicit names' }));
}

/** Each dependency stands in the first column of a table of docs/dependencies.md, and nothing else does. */
export function dependencyDocViolations(used: ReadonlySet<string>, document: TextFile): readonly Violation[] {
  const rows = [...document.text.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
  const missing = [...used].filter((name) => !rows.includes(name));
  const stale = rows.filter((name) => !used.has(name));
  return [
    ...missing.map((name) => ({ path: document.path, line: 1, message: `${name} is a dependency without a reason here` })),
    ...stale.map((name) => ({ path: document.path, line: 1, message: `${name} is named here, but nothing depends on it` })),
  ];
}
