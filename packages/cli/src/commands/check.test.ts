import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pappus } from '../testing/captured-cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-check-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function source(name: string, set: string): Promise<string> {
  await writeFile(join(folder, name), `function f(a) => (b);\ncomposition c(x) => (y) {\n    f(a = all ${set}) => (y = b);\n}\n`);
  return join(folder, name);
}

it('says which compositions are well', async () => {
  const file = await source('good.pcl', 'x');
  expect(await pappus('check', file)).toEqual({ status: 0, out: `${file}: ok, c\n`, err: '' });
});

it('shows all that is wrong with line and caret, and ends with 1', async () => {
  const bad = await source('bad.pcl', 'z');
  const { status, out, err } = await pappus('check', await source('good.pcl', 'x'), bad);
  expect(status).toBe(1);
  expect(out).toContain(`--> ${bad}:3:15\n`);
  expect(out).toContain('    f(a = all z) => (y = b);\n');
  expect(out).toMatch(/\| {15}\^\n/);
  expect(err).toBe('error: 1 error in 1 of 2 files\n');
});

it('gives places as JSON', async () => {
  const { out } = await pappus('check', await source('bad.pcl', 'z'), '--json');
  expect(JSON.parse(out)).toMatchObject([{ compositions: [], diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'unknown-set', line: 3, column: 15, endColumn: 16 })]) }]);
});

it('says which file is not there', async () => {
  expect(await pappus('check', join(folder, 'none.pcl'))).toMatchObject({ status: 1, err: expect.stringContaining('cannot read') });
});

it('reports on the files that it can read, and names the others', async () => {
  const [none, good] = [join(folder, 'none.pcl'), await source('good.pcl', 'x')];
  expect(await pappus('check', none, good)).toEqual({ status: 1, out: `${good}: ok, c\n`, err: expect.stringMatching(/^error: cannot read \S+none\.pcl.*\nerror: 1 of 2 files cannot be read\n$/) });
});

it('says that there are more errors than it counts', async () => {
  const file = join(folder, 'many.pcl');
  await writeFile(file, `function f(a) => (b);\ncomposition c(x) => (y) {\n${'    f(a = all none) => (y = b);\n'.repeat(120)}}\n`);
  expect(await pappus('check', file)).toMatchObject({ status: 1, err: expect.stringMatching(/^error: \d+ errors and more in /) });
});

it('tells a command line that is wrong as JSON where that is wanted', async () => {
  const { status, out, err } = await pappus('check', '--json', '--bogus');
  expect({ status, out, error: JSON.parse(err) as unknown }).toEqual({ status: 2, out: '', error: { error: expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining("unknown option '--bogus'") }) } });
});
