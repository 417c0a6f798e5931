import { seededRandom, type Random } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../check/check.ts';
import type { CompositionGraph } from '../graph.ts';
import { MAX_APPLICATIONS, MAX_NESTING } from '../limits.ts';
import { canonical, evaluate } from '../testing/evaluation.ts';
import { graphSummary } from '../testing/graph-summary.ts';
import { FUNCTIONS, randomNest } from '../testing/random-nest.ts';
import { flatten } from './flatten.ts';
import { toGraph } from './to-graph.ts';

function graphsOf(text: string): ReadonlyMap<string, CompositionGraph> {
  const { checked, diagnostics } = compile(text);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return checked?.graphs ?? new Map<string, CompositionGraph>();
}

/** The callees of a flattened composition. */
function flatCallees(text: string, name: string): readonly string[] {
  const graphs = graphsOf(text);
  const { checked } = compile(text);
  if (checked === null) throw new Error('not checked');
  return flatten(toGraph(checked, name), (callee) => graphs.get(callee) ?? null).applications.map(({ callee }) => callee);
}

const randomItems = (random: Random): { readonly key: number; readonly value: string }[] => Array.from({ length: random.uint32() % 4 }, (_, index) => ({ key: random.uint32() % 2, value: `i${index}` }));

describe('flattening', () => {
  test('changes neither outputs nor what runs', () => {
    let inlined = 0;
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (seed) => {
        const random = seededRandom(seed);
        const graphs = graphsOf(randomNest(random));
        for (const graph of graphs.values()) {
          const flat = flatten(graph, (name) => graphs.get(name) ?? null);
          inlined += flat === graph ? 0 : 1;
          const inputs = Array.from({ length: graph.inputs }, () => randomItems(random));
          const meaning = (of: CompositionGraph): unknown => {
            const runs: string[] = [];
            const outputs = evaluate(of, inputs, { graphs, functions: FUNCTIONS }, runs);
            return { outputs: outputs.map(canonical), runs: runs.toSorted() };
          };
          expect(meaning(flat)).toEqual(meaning(graph));
        }
      }),
      { numRuns: 400 },
    );
    expect(inlined).toBeGreaterThan(100);
  });

  const F = 'function f(a) => (b);\nfunction g(a, b) => (c);\nfunction make() => (b);\n';

  test('inlines through several compositions and numbers what it adds', () => {
    const text = `${F}composition one(x) => (y) { f(a = each x) => (t = b); f(a = all t) => (y = b); }
composition two(x) => (y) { one(x = all x) => (t = y); one(x = all t) => (y = y); }
composition three(x) => (y) { two(x = all x) => (y = y); }`;
    const graphs = graphsOf(text);
    const graph = graphs.get('three');
    if (graph === undefined) throw new Error('no graph');
    expect(graphSummary(flatten(graph, (name) => graphs.get(name) ?? null))).toBe(`three(0:x) => (1:y)
  f(0:a = each 0:x) => (3:two[1].one[1].t)
  f(0:a = all 3:two[1].one[1].t) => (2:two[1].t)
  f(0:a = each 2:two[1].t) => (4:two[1].one[2].t)
  f(0:a = all 4:two[1].one[2].t) => (1:y)`);
  });

  const inner = (text: string, call: string): string => `${F}composition inner(x) => (y) { ${text} }\ncomposition outer(x) => (y) { inner(${call}) => (y = y); }`;

  test('leaves a call that is more than one run', () => {
    expect(flatCallees(inner('f(a = all x) => (y = b);', 'x = each x'), 'outer')).toEqual(['inner']);
    expect(flatCallees(inner('f(a = all x) => (y = b);', ''), 'outer')).toEqual(['inner']);
  });

  test('leaves a call where something inside would run without an input that skips the whole', () => {
    expect(flatCallees(inner('make() => (t = b); g(a = all t, b = all x) => (y = c);', 'x = all x'), 'outer')).toEqual(['inner']);
    expect(flatCallees(inner('f(a = optional all x) => (y = b);', 'x = all x'), 'outer')).toEqual(['inner']);
    expect(flatCallees(inner('f(a = optional all x) => (y = b);', 'x = optional all x'), 'outer')).toEqual(['f']);
    expect(flatCallees(inner('f(a = all x) => (t = b); f(a = all t) => (y = b);', 'x = all x'), 'outer')).toEqual(['f', 'f']);
  });

  test('leaves a call of a composition that passes an input on', () => {
    expect(flatCallees(`${F}composition inner(x) => (x) { f(a = all x) => (); }\ncomposition outer(x) => (y) { inner(x = all x) => (y = x); }`, 'outer')).toEqual(['inner']);
  });

  test('leaves what applies itself, and ends', () => {
    const graph = graphsOf('function again(x) => (y);\ncomposition c(x) => (y) { again(x = all x) => (y = y); }').get('c');
    if (graph === undefined) throw new Error('no graph');
    expect(flatten(graph, () => graph).applications.map(({ callee }) => callee)).toEqual(['again']);
  });

  test('stays within the limits of depth and size', () => {
    const nest = (levels: number, times: number): string => {
      const calls = Array.from({ length: times }, (_, index) => `LEVEL(x = all ${index === 0 ? 'x' : `t${index}`}) => (${index + 1 === times ? 'y' : `t${index + 1}`} = y);`).join(' ');
      return [
        'composition c0(x) => (y) { f(x = all x) => (y = y); }',
        ...Array.from({ length: levels }, (_, level) => `composition c${level + 1}(x) => (y) { ${calls.replaceAll('LEVEL', `c${level}`)} }`),
      ].join('\n');
    };
    const declared = 'function f(x) => (y);\n';
    expect(flatCallees(declared + nest(MAX_NESTING, 1), `c${MAX_NESTING}`)).toEqual(['f']);
    expect(flatCallees(declared + nest(MAX_NESTING + 1, 1), `c${MAX_NESTING + 1}`)).toEqual(['c0']);
    const doubled = flatCallees(declared + nest(40, 2), 'c40');
    expect(doubled.length).toBeLessThanOrEqual(MAX_APPLICATIONS);
    expect(doubled.length).toBeGreaterThan(1);
  });
});
