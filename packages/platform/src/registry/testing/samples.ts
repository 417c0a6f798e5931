/** Small functions and compositions for tests, made from numbers. */
import type { CompositionGraph, Signature } from '@pappus/composition';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { FunctionDeployment } from '../registry.ts';

export const NEVER: AbortSignal = new AbortController().signal;

export const BUILTINS: ReadonlyMap<string, Signature> = new Map([['HTTP', { inputs: ['requests'], outputs: ['responses'] }]]);

export function sampleSpec(changes: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    kind: 'wasm',
    inputs: ['in'],
    outputs: ['out'],
    limits: { memoryBytes: 1 << 20, timeMs: 1000, outputBytes: 1 << 20, outputItems: 100, logBytes: 1024, concurrency: 8 },
    capabilities: { clock: false, random: false, environment: {} },
    memoize: false,
    ...changes,
  };
}

export const sampleCode = (content: number): Uint8Array => new TextEncoder().encode(`code ${content}`);

export function sampleFunction(name: string, content: number, spec: FunctionSpec = sampleSpec()): FunctionDeployment {
  return {
    name,
    spec,
    code: sampleCode(content),
    module: {
      bytes: new TextEncoder().encode(`prepared ${content}`),
      report: { mode: 'reset', reasons: [], abi: 'lean', imports: [], memory: { initialPages: 1, maximumPages: 16 }, functions: 3, tableEntries: 0 },
    },
  };
}

/** A chain: each callee has one input and one output. */
export function sampleGraph(name: string, callees: readonly string[]): CompositionGraph {
  return {
    name,
    sets: ['a', ...callees.map((_, index) => `s${index}`)],
    inputs: 1,
    outputs: [callees.length],
    applications: callees.map((callee, index) => ({
      callee,
      inputs: [{ parameter: 'in', position: 0, set: index, distribution: 'all', optional: false }],
      outputs: [index + 1],
      joins: [],
    })),
  };
}

export const sampleSource = (name: string, callees: readonly string[], content: number): string => `// ${content}\ncomposition ${name}: ${callees.join(' ')}`;
