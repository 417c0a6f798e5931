/** What tests of the dispatcher begin with: a dispatcher over an engine of closures, plans, items. */
import type { CompositionGraph } from '@pappus/composition';
import { defined, seededRandom, silentLogger, systemClock } from '@pappus/core';
import type { ComputeEngine } from '../../engine/compute-engine.ts';
import type { Item } from '../../sets/item.ts';
import { Dispatcher } from '../dispatcher.ts';
import type { DispatcherOptions, InvocationOutcome } from '../invoke-options.ts';
import type { Callee, Plan } from '../plan.ts';
import { specOf, type Closed, type Closure } from './closure-engine.ts';

export const item = (name: string, key = 0): Item => ({ name, key, data: new TextEncoder().encode(name) });
export const items = (count: number): Item[] => Array.from({ length: count }, (_, index) => item(`i${index}`));
export const echo: Closure = (inputs) => [inputs.flat()];

export function dispatcherOf(engine: Pick<ComputeEngine, 'run' | 'stats'>, options: Partial<DispatcherOptions> = {}): Dispatcher {
  return new Dispatcher({ engine: engine as ComputeEngine, clock: systemClock, random: seededRandom(1), logger: silentLogger, cache: null, ...options });
}

export const closed = (closure: Closure, changes: Parameters<typeof specOf>[2] = {}): Closed => ({ spec: specOf(['in'], ['out'], changes), closure });
export const invoke = (dispatcher: Dispatcher, plan: Plan, set: readonly Item[], timeoutMs = 5_000, signal?: AbortSignal): Promise<InvocationOutcome> =>
  dispatcher.invoke({ plan, inputs: [{ name: 'in', items: set }], timeoutMs, ...(signal === undefined ? {} : { signal }) });

/** `first` over each item of `in`, then `second` over each of what it made. */
export const chain = (firstName: string, secondName: string, distribution: 'each' | 'all' = 'each'): CompositionGraph => ({
  name: 'chain',
  sets: ['in', 'between', 'out'],
  inputs: 1,
  outputs: [2],
  applications: [
    { callee: firstName, inputs: [{ parameter: 'in', position: 0, set: 0, distribution: 'each', optional: false }], outputs: [1], joins: [] },
    { callee: secondName, inputs: [{ parameter: 'in', position: 0, set: 1, distribution, optional: false }], outputs: [2], joins: [] },
  ],
});

export const computeOf = (functions: ReadonlyMap<string, Closed>) => (name: string): Callee => ({ kind: 'compute', name, hash: name, spec: defined(functions.get(name), name).spec });
