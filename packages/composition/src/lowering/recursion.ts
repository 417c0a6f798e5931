/** Whether a composition applies itself through others: a module cannot show that when it is deployed on its own. */
import type { CompositionGraph } from '../graph.ts';
import { MAX_NESTING } from '../limits.ts';
import type { GraphLookup } from './flatten.ts';

/**
 * The names from the composition back to itself, or a path of more than MAX_NESTING compositions, which is treated in the
 * same way; null where all is well. `lookup` gives what is registered; for the composition's own name `graph` is taken.
 */
export function findRecursion(graph: CompositionGraph, lookup: GraphLookup): readonly string[] | null {
  const depths = new Map<string, number>();
  const path: string[] = [];
  /** How many compositions are inside each other below this one; null after finding a path that ends nowhere. */
  const visit = (current: CompositionGraph): number | null => {
    const known = depths.get(current.name);
    if (known !== undefined && path.length + known <= MAX_NESTING) return known;
    const loops = path.includes(current.name);
    path.push(current.name);
    if (loops || path.length > MAX_NESTING) return null;
    let depth = 1;
    for (const callee of new Set(current.applications.map((application) => application.callee))) {
      const inner = callee === graph.name ? graph : lookup(callee);
      if (inner === null) continue;
      const below = visit(inner);
      if (below === null) return null;
      depth = Math.max(depth, below + 1);
    }
    path.pop();
    depths.set(current.name, depth);
    return depth;
  };
  return visit(graph) === null ? path : null;
}
