/** WebAssembly modules from text, for tests. */
import { systemClock, systemRandom } from '@pappus/core';
import loadWabt from 'wabt';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { Sandbox, SandboxFactory } from '../sandbox.ts';
import { createWasmSandboxFactory } from '../wasm-factory.ts';

type Wabt = Awaited<ReturnType<typeof loadWabt>>;
const wabt: Promise<Wabt> = loadWabt();

const FEATURES = { exceptions: true, tail_call: true, simd: true, bulk_memory: true, reference_types: true, threads: true, multi_memory: true, memory64: true, extended_const: true };

/** The module with a name section. */
export async function assemble(text: string): Promise<Uint8Array> {
  const module = (await wabt).parseWat('module.wat', text, FEATURES);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

export const testFactory = (): SandboxFactory => createWasmSandboxFactory({ clock: systemClock, random: systemRandom });

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
  const prepared = await factory.prepare(typeof code === 'string' ? await assemble(code) : code, spec);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  return factory.open(prepared.module, spec);
}

/** Modules from text, made when a case wants them. */
export function assembleEach<Name extends string>(texts: Readonly<Record<Name, string>>): Readonly<Record<Name, () => Promise<Uint8Array>>> {
  const entries = Object.entries<string>(texts).map(([name, text]) => [name, () => assemble(text)] as const);
  return Object.fromEntries(entries) as Record<Name, () => Promise<Uint8Array>>;
}
