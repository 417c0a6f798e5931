import { describe, expect, test } from 'vitest';
import { AppError } from '@pappus/core';
import type { Signature } from '../graph.ts';
import { findRecursion } from '../lowering/recursion.ts';
import { signatureOf } from '../lowering/signature.ts';
import { toGraph } from '../lowering/to-graph.ts';
import { compile } from './check.ts';

const registered = new Map<string, Signature>([
  ['classify', { inputs: ['pics'], outputs: ['tagged', 'archives'] }],
  ['HTTP', { inputs: ['requests'], outputs: ['responses'] }],
]);
const found = (text: string): readonly string[] => compile(text, { registered }).diagnostics.map(({ severity, code, hint }) => `${severity} ${code}: ${hint ?? ''}`);

describe('against what is registered', () => {
  test('names may differ, position counts', () => {
    expect(found('function classify(photos) => (a, b);')).toEqual([]);
  });

  test('a name that is not registered is an error with a suggestion', () => {
    expect(found('function classfy(pics) => (a, b);')).toEqual(['error unregistered-function: did you mean `classify`?']);
  });

  test('the number of inputs and outputs has to be the same', () => {
    expect(found('function classify(pics) => (tagged);')).toEqual(['error arity-mismatch: it is registered as `function classify(pics) => (tagged, archives);`']);
  });

  test('the registered names in another order are doubtful', () => {
    expect(found('function classify(pics) => (archives, tagged);')).toEqual([
      'warning shuffled-names: position counts, not the name: it is registered as `function classify(pics) => (tagged, archives);`',
    ]);
  });

  test('an application without a declaration is told the declaration', () => {
    expect(found('composition c(x) => (y) { HTTP(requests = each x) => (y = responses); }')).toEqual(['error unknown-function: declare it: `function HTTP(requests) => (responses);`']);
  });
});

describe('graphs', () => {
  const { checked } = compile('function f(a) => (b);\ncomposition c(x) => (y) { f(a = all x) => (y = b); }');
  if (checked === null) throw new Error('not checked');

  test('are found by name', () => {
    expect(signatureOf(toGraph(checked, 'c'))).toEqual({ inputs: ['x'], outputs: ['y'] });
    expect(() => toGraph(checked, 'C')).toThrow(AppError);
    expect(() => toGraph(checked, 'f')).toThrow(/has no composition `f`/);
  });

  test('recursion through what is registered is found', () => {
    const graphs = compile('function b(x) => (y);\ncomposition a(x) => (y) { b(x = all x) => (y = y); }').checked?.graphs;
    const others = compile('function a(x) => (y);\ncomposition b(x) => (y) { a(x = each x) => (y = y); }').checked?.graphs;
    const graph = graphs?.get('a');
    if (graph === undefined || others === undefined) throw new Error('not checked');
    expect(findRecursion(graph, (name) => others.get(name) ?? null)).toEqual(['a', 'b', 'a']);
    expect(findRecursion(graph, () => null)).toBeNull();
  });

  test('a nest that is too deep is treated like recursion', () => {
    const deep = (levels: number): readonly string[] | null => {
      const items = Array.from({ length: levels }, (_, level) => `composition c${level}(x) => (y) { ${level + 1 < levels ? `c${level + 1}` : 'f'}(x = all x) => (y = y); }`);
      const graphs = compile(`function f(x) => (y);\n${items.join('\n')}`).checked?.graphs;
      const graph = graphs?.get('c0');
      if (graph === undefined) throw new Error('not checked');
      return findRecursion(graph, (name) => graphs?.get(name) ?? null);
    };
    expect(deep(64)).toBeNull();
    expect(deep(65)).toHaveLength(65);
  });
});
