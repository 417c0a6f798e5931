/** Products are counted, not made; what a partition means is tested against the oracle in dataflow.test.ts. */
import type { InputBinding, JoinKind } from '@pappus/composition';
import { JOIN_KINDS } from '@pappus/composition';
import { seededRandom } from '@pappus/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Item } from '../sets/item.ts';
import { MAX_RUNS_PER_APPLICATION } from './limits.ts';
import { partition } from './partition.ts';
import { planGraph } from './plan-graph.ts';
import { evaluate } from './testing/barrier-oracle.ts';
import { ClosureEngine, specOf } from './testing/closure-engine.ts';
import { dispatcherOf, echo } from './testing/dispatching.ts';

const keyed = (count: number): Item[] => Array.from({ length: count }, (_, key) => ({ name: `i${key}`, key, data: new Uint8Array(0) }));
const bind = (position: number, distribution: InputBinding['distribution'], optional = false): InputBinding => ({ parameter: `p${position}`, position, set: position, distribution, optional });

it('counts what a product has without making it', () => {
  const items = keyed(20_000);
  const inputs = [bind(0, 'keyed'), bind(1, 'keyed'), bind(2, 'keyed'), bind(3, 'each')];
  const { runs, at } = partition(inputs, [{ input: 0, kind: null }, { input: 1, kind: 'cross' }, { input: 2, kind: 'cross' }], [items, items, items, items]);
  expect(runs).toBe(20_000 ** 4);
  expect(at(20_000 ** 2 + 7).map((each) => each[0]?.key)).toEqual([0, 1, 0, 7]);
});

it.each([['cross', [{ input: 0, kind: null }, { input: 1, kind: 'cross' }], 'keyed'], ['product', [], 'each']] as const)('fails at once where a %s has more runs than may be', async (_, joins, distribution) => {
  const spec = specOf(['p0', 'p1'], ['out']);
  const engine = new ClosureEngine(new Map([['f', { spec, closure: echo }]]), seededRandom(1));
  const plan = planGraph({ name: 'many', sets: ['a', 'b', 'out'], inputs: 2, outputs: [2], applications: [{ callee: 'f', inputs: [bind(0, distribution), bind(1, distribution)], outputs: [2], joins: [...joins] }] }, (name) => ({ kind: 'compute', name, hash: name, spec }));
  const { result } = await dispatcherOf(engine).invoke({ plan, inputs: [{ name: 'a', items: keyed(4_000) }, { name: 'b', items: keyed(4_000) }] });
  expect(result).toMatchObject({ kind: 'failed', failure: { reason: { kind: 'runs', message: `f would run 16000000 times in one invocation, which may be ${MAX_RUNS_PER_APPLICATION} at the most` } } });
  expect(engine.tasks).toBe(0);
});

const set = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), key: fc.nat(3), data: fc.constant(new Uint8Array(0)) }), { maxLength: 4 });

it('joins several sets as the oracle does, whatever stands behind a cross', () => {
  const shown = (runs: readonly (readonly (readonly Item[])[])[]): string[] => runs.map((run) => run.map((items) => items.map(({ name, key }) => `${name}${key}`).join(',')).join('|')).toSorted();
  fc.assert(fc.property(fc.array(set, { minLength: 2, maxLength: 4 }), fc.array(fc.constantFrom<JoinKind>(...JOIN_KINDS), { minLength: 3, maxLength: 3 }), (sets, kinds) => {
    const inputs = sets.map((_, position) => bind(position, 'keyed', true));
    const joins = sets.map((_, input) => ({ input, kind: input === 0 ? null : (kinds[input - 1] ?? 'cross') }));
    const seen: (readonly (readonly Item[])[])[] = [];
    const graph = { name: 'join', sets: [...sets.map((_, index) => `s${index}`), 'out'], inputs: sets.length, outputs: [sets.length], applications: [{ callee: 'f', inputs, outputs: [sets.length], joins }] };
    fc.pre(evaluate(graph, sets, new Map([['f', (run: readonly (readonly Item[])[]) => (seen.push(run), [[]])]])) !== null);
    const { runs, at } = partition(inputs, joins, sets);
    expect(shown(Array.from({ length: runs }, (_, run) => at(run)))).toEqual(shown(seen));
  }), { numRuns: 2_000 });
});
