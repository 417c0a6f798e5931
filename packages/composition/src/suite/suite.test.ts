/**
 * The programs of good/ and bad/, each with its golden file: the canonical text and the graphs of a good one, the messages
 * of a bad one. `vitest -u` writes the goldens anew; read the difference.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../check/check.ts';
import { hasErrors } from '../source/diagnostic.ts';
import { renderDiagnostics } from '../source/render.ts';
import { parse } from '../syntax/parser.ts';
import { print } from '../syntax/printer.ts';
import { graphSummary } from '../testing/graph-summary.ts';
import { programs } from '../testing/programs.ts';
import { withoutSpans } from '../testing/random-module.ts';

const good = programs('good');
const bad = programs('bad');

test('the suite is large enough', () => {
  expect(good.length).toBeGreaterThanOrEqual(60);
  expect(bad.length).toBeGreaterThanOrEqual(60);
});

describe('good programs', () => {
  test.each(good)('$name', async ({ name, text }) => {
    const { checked, diagnostics } = compile(text);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const printed = print(parse(text).module);
    const again = parse(printed);
    expect(withoutSpans(again.module)).toEqual(withoutSpans(parse(text).module));
    expect(print(again.module)).toBe(printed);
    const graphs = [...(checked?.graphs.values() ?? [])].map(graphSummary);
    const notes = renderDiagnostics(diagnostics, { name: `${name}.pcl`, text });
    const parts = [printed, ...graphs.map((graph) => `${graph}\n`), ...(notes === '' ? [] : [notes])];
    await expect(parts.join('\n--------\n\n')).toMatchFileSnapshot(`good/${name}.txt`);
  });
});

test('the programs of the README are good and canonical but for their comments', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const fenced = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const blocks = fenced.flatMap(([, language, block = '']) => (language === '' ? [block] : []));
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    const { checked, diagnostics } = compile(block);
    expect(diagnostics).toEqual([]);
    expect(checked).not.toBeNull();
    const bare = (text: string): string => text.replaceAll(/ *\/\/.*/g, '');
    expect(bare(print(parse(block).module))).toBe(bare(block));
  }
});

describe('bad programs', () => {
  test.each(bad)('$name', async ({ name, text }) => {
    const { checked, diagnostics } = compile(text);
    expect(checked).toBeNull();
    expect(hasErrors(diagnostics)).toBe(true);
    await expect(renderDiagnostics(diagnostics, { name: `${name}.pcl`, text })).toMatchFileSnapshot(`bad/${name}.txt`);
  });
});
