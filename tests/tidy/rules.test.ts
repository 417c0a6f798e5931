/** Each rule finds what it forbids and leaves alone what only looks like it. */
import { describe, expect, it } from 'vitest';
import { callViolations } from './call-rules.ts';
import { documentViolations } from './document-rules.ts';
import { importViolations, type Manifest } from './import-rules.ts';
import { dependencyDocViolations, indexViolations, manifestViolations, packageFileViolations } from './manifest-rules.ts';
import type { Violation } from './repository.ts';
import { sizeViolations } from './size-rules.ts';
import { parseSource, type Source } from './source.ts';
import { nameViolations, textViolations } from './text-rules.ts';

const source = (text: string, path = 'packages/analytics/src/x.ts'): Source => parseSource({ path, text });
const lines = (violations: readonly Violation[]): readonly number[] => violations.map(({ line }) => line);
const filler = (count: number): string => 'work();\n'.repeat(count);

describe('sizes', () => {
  it('refuses a function of 71 lines, however it is written, and names its line', () => {
    expect(lines(sizeViolations(source(`\nfunction long() {\n${filler(69)}}\n`)))).toEqual([2]);
    expect(lines(sizeViolations(source(`const long = () => {\n${filler(69)}};\n`)))).toEqual([1]);
    expect(lines(sizeViolations(source(`class A {\n  long() {\n${filler(69)}}\n}\n`)))).toEqual([2]);
  });

  it('allows 70 lines, and braces in strings, templates and comments', () => {
    expect(sizeViolations(source(`function fits() {\n${filler(68)}}\n`))).toEqual([]);
    expect(sizeViolations(source(`function fits() { return '{' + \`{\${1}\`; /* { */ }\n${filler(100)}`))).toEqual([]);
  });

  it('measures the tests of a suite, not the suite', () => {
    expect(sizeViolations(source(`describe('x', () => {\n${filler(100)}});\n`))).toEqual([]);
    expect(sizeViolations(source(`describe.each([1])('x', () => {\n${filler(100)}});\n`))).toEqual([]);
    expect(lines(sizeViolations(source(`describe('x', () => {\n  it('y', () => {\n${filler(100)}});\n});\n`)))).toEqual([2]);
  });

  it('refuses a file of 501 lines', () => {
    expect(sizeViolations(source(filler(500)))).toEqual([]);
    expect(lines(sizeViolations(source(filler(501))))).toEqual([1]);
  });
});

describe('forbidden calls', () => {
  const forbidden = [
    'Date.now()', "Date['now']()", 'new Date()', 'Math.random()', 'setTimeout(f, 1)', 'globalThis.setInterval(f, 1)', 'performance.now()', 'AbortSignal.timeout(5)',
    "console.log('x')", 'process.env.HOME', 'globalThis.process.env', 'const { env } = process', 'const { now } = Date', 'const later = setTimeout', "import { setTimeout } from 'node:timers/promises'",
    "import { env } from 'process'", 'crypto.randomUUID()', "import { randomBytes } from 'node:crypto'", "await import('node:timers')",
  ];
  it.each(forbidden)('refuses %s', (code) => expect(callViolations(source(code))).not.toEqual([]));

  const allowed = [
    'new Date(0)', 'Date.UTC(2026, 0)', "const text = 'Date.now() setTimeout(f)'", '// Math.random()', 'clock.setTimeout(f)', 'const o = { console: 1 }', 'process.exitCode = 1',
    'type F = typeof setTimeout', 'Math.floor(1)', 'logger.info("console.log")', "import { createHash } from 'node:crypto'",
  ];
  it.each(allowed)('allows %s', (code) => expect(callViolations(source(code))).toEqual([]));

  it('allows each at its place only', () => {
    const clock = 'packages/core/src/clock.ts';
    expect(callViolations(source('Date.now()', clock))).toEqual([]);
    expect(callViolations(source('Math.random()', clock))).not.toEqual([]);
    expect(callViolations(source('performance.now()', 'packages/analytics/src/x.test.ts'))).toEqual([]);
    expect(callViolations(source('performance.now()', 'packages/analytics/src/x.faults-suite.ts'))).toEqual([]);
    expect(callViolations(source('performance.now()', 'packages/analytics/src/plan/testing/x.ts'))).toEqual([]);
    expect(callViolations(source('console.log(1)', 'packages/cli/src/output.ts'))).toEqual([]);
    expect(callViolations(source('process.env', 'packages/cli/src/output.ts'))).not.toEqual([]);
    expect(callViolations(source('process.env', 'packages/analytics/src/execution/worker-main.ts'))).toEqual([]);
  });
});

describe('package edges', () => {
  const manifest: Manifest = { dependencies: ['@pappus/core', '@pappus/overlay', '@pappus/testkit', '@pappus/cli', 'zod'], devDependencies: ['@types/aws4'] };
  const problems = (code: string, path?: string): readonly Violation[] => importViolations(source(code, path), manifest);

  it('refuses an edge that the table does not have, in every form of import', () => {
    for (const code of ["import '@pappus/cli'", "import type { A } from '@pappus/cli'", "export { a } from '@pappus/cli'", "export * from '@pappus/cli'", "await import('@pappus/cli')", "type A = import('@pappus/cli').A"]) {
      expect(problems(code), code).toHaveLength(1);
    }
    expect(problems("import { a } from '@pappus/overlay'")).toEqual([]);
  });

  it('refuses the inside of another package, by name or by path', () => {
    expect(problems("import { a } from '@pappus/overlay/src/join.ts'")).toHaveLength(1);
    expect(problems("import { a } from '../../overlay/src/index.ts'")).toHaveLength(1);
    expect(problems("new URL('../../overlay/src/index.ts', import.meta.url)")).toHaveLength(1);
    expect(problems("import { a } from '../packages/core/src/index.ts'", 'tests/x.ts')).toHaveLength(1);
    expect(problems("import { a } from '../package.json'")).toEqual([]);
  });

  it('lets examples import the types of functions, and nothing else of ours', () => {
    expect(problems("import type { Inputs } from '@pappus/platform'", 'examples/word-count/split.ts')).toEqual([]);
    expect(problems("import type { Inputs } from '@pappus/platform'", 'tests/x.ts')).toHaveLength(1);
    expect(problems("import { a } from '@pappus/core'", 'examples/word-count/split.ts')).toHaveLength(1);
  });

  it('lets only tests import what is for tests', () => {
    expect(problems("import { a } from '@pappus/testkit'")).toHaveLength(1);
    expect(problems("import { a } from '@pappus/testkit'", 'packages/analytics/src/x.test.ts')).toEqual([]);
    expect(problems("import { it } from 'vitest'")).toHaveLength(1);
    expect(problems("import { it } from 'vitest'", 'packages/analytics/src/x.test.ts')).toEqual([]);
  });

  it('refuses what the package.json does not name, and packages that the table does not know', () => {
    expect(problems("import { a } from '@pappus/providers'")).toHaveLength(1);
    expect(problems("import fs from 'left-pad/lib'")).toHaveLength(1);
    expect(problems("import { z } from 'zod/mini'")).toEqual([]);
    expect(problems("import { a } from '@pappus/core'", 'packages/newcomer/src/x.ts')).toHaveLength(1);
  });
});

describe('names and texts', () => {
  it('refuses names that say nothing and names that are not kebab-case', () => {
    for (const path of ['packages/core/src/utils.ts', 'packages/core/src/string-helpers.ts', 'packages/core/src/common/x.ts', 'packages/core/src/myFile.ts']) {
      expect(nameViolations({ path, text: '' }), path).toHaveLength(1);
    }
    for (const path of ['packages/core/src/clock.ts', 'a/q01.ts', 'a/x.test.ts', 'a/x.faults-suite.ts', 'vitest.config.ts', 'README.md']) {
      expect(nameViolations({ path, text: '' }), path).toEqual([]);
    }
  });

  it('refuses registries and the paths of one machine', () => {
    const host = ['registry', 'npmjs', 'org'].join('.');
    const folder = ['', 'root', 'data'].join('/');
    expect(lines(textViolations({ path: 'a.md', text: `one\nhttps://${host}/x\n` }))).toContain(2);
    expect(lines(textViolations({ path: 'a.md', text: `cd ${folder}\n` }))).toEqual([1]);
    expect(lines(textViolations({ path: 'a.ts', text: `open('${['', 'tmp', 'x'].join('/')}')` }))).toEqual([1]);
    expect(lines(textViolations({ path: 'package-lock.json', text: '"resolved": "https://example.org/x.tgz"' }))).toEqual([1]);
    expect(textViolations({ path: 'a.md', text: 'https://example.org/home/x, packages/work/root, ${a}/root/x' })).toEqual([]);
  });
});

describe('manifests', () => {
  const file = (manifest: object): { readonly path: string; readonly text: string } => ({ path: 'packages/overlay/package.json', text: JSON.stringify({ name: '@pappus/overlay', license: 'Apache-2.0', ...manifest }) });

  it('refuses ranges, strange edges, second entries and another licence', () => {
    expect(manifestViolations(file({ dependencies: { zod: '4.6.7', '@pappus/core': '0.1.0' }, exports: { '.': {} } }))).toEqual([]);
    expect(manifestViolations(file({ dependencies: { zod: '^4.6.7' } }))).toHaveLength(1);
    expect(manifestViolations(file({ dependencies: { '@pappus/cli': '0.1.0' } }))).toHaveLength(1);
    expect(manifestViolations(file({ exports: { './inside': {} } }))).toHaveLength(1);
    expect(manifestViolations(file({ license: 'MIT' }))).toHaveLength(1);
  });

  it('asks for a README, one index and its explicit names', () => {
    expect(packageFileViolations(new Set(['packages/core/package.json', 'packages/core/README.md', 'packages/core/src/index.ts']))).toEqual([]);
    expect(packageFileViolations(new Set(['packages/core/package.json']))).toHaveLength(2);
    expect(packageFileViolations(new Set(['packages/core/src/inner/index.ts']))).toHaveLength(1);
    expect(indexViolations(source("export * from './a.ts'", 'packages/core/src/index.ts'))).toHaveLength(1);
  });

  it('asks for a reason for each dependency, and for no other', () => {
    const document = { path: 'docs/dependencies.md', text: '| `zod` | schemas |\n| `gone` | was needed |\n' };
    expect(dependencyDocViolations(new Set(['zod']), document)).toHaveLength(1);
    expect(dependencyDocViolations(new Set(['zod', 'gone']), document)).toEqual([]);
    expect(dependencyDocViolations(new Set(['zod', 'gone', 'new']), document)).toHaveLength(1);
  });
});

describe('documents', () => {
  const paths = new Set(['docs/a.md', 'docs/adr/0001-x.md', 'README.md']);
  const problems = (text: string): readonly Violation[] => documentViolations({ path: 'docs/a.md', text }, paths, new Set(['test', 'bench:x']));

  it('refuses links that lead nowhere and scripts that are not there', () => {
    expect(problems('see [x](adr/0001-x.md), [y](../README.md#part), [z](adr), [w](https://example.org)')).toEqual([]);
    expect(lines(problems('one\n[x](adr/0002-y.md)'))).toEqual([2]);
    expect(problems('run `npm test`, `npm run bench:x` and `npm run --silent test`')).toEqual([]);
    expect(problems('run `npm start`')).toHaveLength(1);
    expect(problems('run `npm run bench:y`')).toHaveLength(1);
    expect(problems('| fast | `npm run bench:y` | *pending* |')).toEqual([]);
  });
});
