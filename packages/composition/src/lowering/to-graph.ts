/** A checked composition as the dispatcher runs it. */
import { AppError } from '@pappus/core';
import type { CheckedModule } from '../check/check.ts';
import type { CompositionGraph } from '../graph.ts';
import { suggestion } from '../source/nearest-name.ts';

/** Throws `not-found` where the module has no composition of that name. Callees stay names. */
export function toGraph({ graphs }: CheckedModule, composition: string): CompositionGraph {
  const graph = graphs.get(composition);
  if (graph !== undefined) return graph;
  const hint = suggestion(composition, graphs.keys());
  throw new AppError('not-found', `the module has no composition \`${composition}\``, hint === null ? {} : { hint });
}
