/** What a composition means, said in the plainest way: one application after the other, each over whole sets. */
import type { Application, CompositionGraph } from '@pappus/composition';
import type { Item } from '../../sets/item.ts';
import type { Closure } from './closure-engine.ts';

type Items = readonly Item[];

/** Products of products: a graph with more runs than this tests nothing but patience. */
const MAX_RUNS = 300;

/** Null for a graph with too many runs. */
export function evaluate(graph: CompositionGraph, inputs: readonly Items[], closures: ReadonlyMap<string, Closure>): { readonly outputs: readonly Items[]; readonly runs: number } | null {
  const sets: Items[] = graph.sets.map((_, set) => inputs[set] ?? []);
  let runs = 0;
  for (const application of graph.applications) {
    const closure = closures.get(application.callee) as Closure;
    const starts = runsOf(application, sets);
    runs += starts.length;
    if (runs > MAX_RUNS) return null;
    const made = starts.map((run) => closure(run));
    application.outputs.forEach((set, output) => {
      if (set !== null) sets[set] = made.flatMap((outputs) => outputs[output] ?? []);
    });
  }
  return { outputs: graph.outputs.map((set) => sets[set] ?? []), runs };
}

/** All ways to choose one group of every input, of which those stay that the joins allow. */
function runsOf({ inputs, joins }: Application, sets: readonly Items[]): (readonly Items[])[] {
  const own = inputs.map(({ set }) => sets[set] ?? []);
  if (inputs.some(({ optional }, index) => !optional && own[index]?.length === 0)) return [];
  const joined = new Set(joins.map(({ input }) => input));
  let runs: Items[][] = [inputs.map(() => [])];
  if (joins.length > 0) runs = joinedRows(joins.map((step) => ({ kind: step.kind, items: own[step.input] ?? [] }))).map((row) => {
    const bound: Items[] = inputs.map(() => []);
    joins.forEach(({ input }, side) => (bound[input] = row[side] ?? []));
    return bound;
  });
  inputs.forEach(({ distribution }, index) => {
    if (joined.has(index)) return;
    runs = runs.flatMap((run) => groups(distribution, own[index] ?? []).map((group) => run.with(index, group)));
  });
  return runs;
}

function groups(distribution: string, items: Items): Items[] {
  if (items.length === 0 || distribution === 'all') return [items];
  if (distribution === 'each') return items.map((item) => [item]);
  return [...new Set(items.map(({ key }) => key))].map((key) => items.filter((item) => item.key === key));
}

/** By the textbook: pairs that match, and with null sides those that match nothing. */
function joinedRows(sides: readonly { readonly kind: string | null; readonly items: Items }[]): Items[][] {
  let rows: { key: number | null; sides: Items[] }[] = [];
  sides.forEach(({ kind, items }, width) => {
    const right = groups('keyed', items).filter((group) => group.length > 0).map((group) => ({ key: group[0]?.key ?? 0, group }));
    if (kind !== null && right.length === 0) rows = rows.map(({ key, sides }) => ({ key, sides: [...sides, []] }));
    else if (kind === null) rows = right.map(({ key, group }) => ({ key, sides: [group] }));
    else if (kind === 'cross') rows = rows.flatMap((row) => right.map(({ group }) => ({ key: null, sides: [...row.sides, group] })));
    else {
      const pairs = rows.flatMap((row) => right.filter(({ key }) => key === row.key).map(({ key, group }) => ({ key, sides: [...row.sides, group] })));
      const keepsLeft = kind === 'left' || kind === 'full' || kind === 'outer';
      const keepsRight = kind === 'right' || kind === 'full' || kind === 'outer';
      const lonelyLeft = keepsLeft ? rows.filter((row) => right.every(({ key }) => key !== row.key)).map((row) => ({ key: row.key, sides: [...row.sides, []] })) : [];
      const known = rows;
      const lonelyRight = keepsRight ? right.filter(({ key }) => known.every((row) => row.key !== key)).map(({ key, group }) => ({ key, sides: [...Array.from({ length: width }, (): Items => []), group] })) : [];
      rows = [...pairs, ...lonelyLeft, ...lonelyRight];
    }
  });
  return rows.map((row) => row.sides);
}
