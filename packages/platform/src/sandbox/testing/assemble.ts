/** Sandboxes of WebAssembly modules for tests. */
import { systemClock, systemRandom } from '@pappus/core';
import { assembleWasm } from '@pappus/testkit';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { Sandbox, SandboxFactory } from '../sandbox.ts';
import { createWasmSandboxFactory, type Marking } from '../wasm-factory.ts';

export const testFactory = (marks: Marking = 'always'): SandboxFactory => createWasmSandboxFactory({ clock: systemClock, random: systemRandom, marks });

export interface SpecChanges {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly limits?: Partial<FunctionSpec['limits']>;
  readonly capabilities?: Partial<FunctionSpec['capabilities']>;
}

/** One input `in`, one output `out`, small limits. */
export function testSpec(changes: SpecChanges = {}): FunctionSpec {
  return {
    kind: 'wasm',
    inputs: changes.inputs ?? ['in'],
    outputs: changes.outputs ?? ['out'],
    limits: { memoryBytes: 4_194_304, timeMs: 10_000, outputBytes: 1_048_576, outputItems: 1_000, logBytes: 1_000, concurrency: 1, ...changes.limits },
    capabilities: { clock: false, random: false, environment: {}, ...changes.capabilities },
    memoize: false,
  };
}

/** Prepares and opens; a refusal throws with its problems. */
export async function openModule(code: Uint8Array | string, changes: SpecChanges = {}, factory: SandboxFactory = testFactory()): Promise<Sandbox> {
  const spec = testSpec(changes);
  const prepared = await factory.prepare(typeof code === 'string' ? await assembleWasm(code) : code, spec);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  return factory.open(prepared.module, spec);
}

/** Modules from text, made when a case wants them. */
export function assembleEach<Name extends string>(texts: Readonly<Record<Name, string>>): Readonly<Record<Name, () => Promise<Uint8Array>>> {
  const entries = Object.entries<string>(texts).map(([name, text]) => [name, () => assembleWasm(text)] as const);
  return Object.fromEntries(entries) as Record<Name, () => Promise<Uint8Array>>;
}
