import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCycles, topologicalOrder, type Edges } from './cycles.ts';

const edges: fc.Arbitrary<Edges> = fc.integer({ min: 0, max: 9 }).chain((nodes) => fc.array(fc.array(fc.nat({ max: Math.max(0, nodes - 1) }), { maxLength: 3 }), { minLength: nodes, maxLength: nodes }));

/** Warshall's closure: what leads where. */
function reaches(graph: Edges): readonly (readonly boolean[])[] {
  const reach = graph.map((nexts) => graph.map((_, node) => nexts.includes(node)));
  for (const via of graph.keys()) for (const from of graph.keys()) for (const to of graph.keys()) if (reach[from]?.[via] === true && reach[via]?.[to] === true) (reach[from] as boolean[])[to] = true;
  return reach;
}

test('cycles are cycles, have no node in common, and none is overlooked', () => {
  fc.assert(
    fc.property(edges, (graph) => {
      const cycles = findCycles(graph, 100);
      for (const cycle of cycles) for (const [at, node] of cycle.entries()) expect(graph[node]).toContain(cycle[(at + 1) % cycle.length]);
      const nodes = cycles.flat();
      expect(new Set(nodes).size).toBe(nodes.length);
      const rest = graph.map((nexts, node) => (nodes.includes(node) ? [] : nexts.filter((next) => !nodes.includes(next))));
      expect(reaches(rest).some((row, node) => row[node])).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test('an order has every node once and each behind those that lead to it', () => {
  const acyclic = edges.map((graph) => graph.map((nexts, node) => nexts.filter((next) => next > node)));
  fc.assert(
    fc.property(acyclic, fc.array(fc.nat()), (graph, keys) => {
      // The same graph with its nodes renamed, so that the given order says nothing.
      const names = [...graph.keys()].toSorted((left, right) => (keys[left] ?? 0) - (keys[right] ?? 0));
      const renamed = names.map((node) => (graph[node] ?? []).map((next) => names.indexOf(next)));
      const order = topologicalOrder(renamed);
      expect(order.toSorted((left, right) => left - right)).toEqual([...graph.keys()]);
      for (const [from, nexts] of renamed.entries()) for (const to of nexts) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
    }),
    { numRuns: 500 },
  );
});

test('long chains need no deep stack', () => {
  const chain = Array.from({ length: 20_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
  expect(topologicalOrder(chain)[0]).toBe(19_999);
  expect(findCycles(chain, 1)).toEqual([]);
});
