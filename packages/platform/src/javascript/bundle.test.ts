import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunction } from './bundle.ts';
import { failure, input, open, problems, texts } from './testing/functions.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundled(files: Readonly<Record<string, string>>): Promise<Awaited<ReturnType<typeof bundleFunction>>> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return bundleFunction(join(folder, Object.keys(files)[0] as string));
}

async function code(files: Readonly<Record<string, string>>): Promise<string> {
  const bundle = await bundled(files);
  if (bundle.kind === 'refused') throw new Error(bundle.problems.join('\n'));
  return Buffer.from(bundle.code).toString();
}

const THROWING = {
  'main.ts': `import { check, type Checked } from './check.ts';\n\nexport default function (inputs: Record<string, Checked[]>) {\n  check(inputs);\n  return {};\n}\n`,
  'check.ts': `export interface Checked { name: string }\n\n/** Never happy. */\nexport function check(value: unknown): asserts value is Checked {\n  throw new TypeError('not checked');\n}\n`,
};

describe('bundling', () => {
  test('makes one module of TypeScript files', async () => {
    const source = await code({
      'sum.ts': `import { sum } from './math.ts';\nimport words from './words.json';\nexport default ({ input }: { input: readonly { text(): string }[] }) => ({ output: { sum: sum(input.map((item): number => Number(item.text()))), words } });`,
      'math.ts': 'export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);',
      'words.json': '["a"]',
    });
    const sandbox = await open(source);
    expect(texts(sandbox.run(input({ a: '40', b: '2' }), null))).toEqual({ sum: '42', words: '["a"]' });
  });

  test("failures name the user's files and lines", async () => {
    const sandbox = await open(await code(THROWING));
    expect(failure(sandbox.run(input(), null))).toEqual({
      kind: 'exception',
      message: 'TypeError: not checked',
      stack: '    at check (check.ts:5:13)\n    at main_default (main.ts:4:9)',
    });
  });

  test("so do problems of the module's top level", async () => {
    expect(await problems(await code({ 'top.ts': 'const wanted: number = 1;\n\nif (wanted) throw new Error("top");\nexport default () => ({});\n' }))).toEqual(['top.ts:3:23: Error: top']);
  });

  test('names every import that can not be, and every syntax error', async () => {
    const bundle = await bundled({
      'bad.ts': `import fs from 'node:fs';\nimport { join } from 'path';\nimport './missing.ts';\nexport default () => [fs, join];\n`,
    });
    expect(bundle).toEqual({
      kind: 'refused',
      problems: [
        `bad.ts:1:16: functions have no Node.js: "node:fs" can't be imported`,
        `bad.ts:2:22: functions have no Node.js: "path" can't be imported`,
        'bad.ts:3:8: Could not resolve "./missing.ts"',
      ],
    });
    expect(await bundled({ 'syntax.ts': 'const x: = 1;\n' })).toMatchObject({ kind: 'refused', problems: [expect.stringMatching(/^syntax\.ts:1:\d+: /)] });
  });
});
