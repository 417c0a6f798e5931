/** Sandboxes as the threads of an engine have them, which no package exports: to measure them without the engine. */
import { createSandboxFactory } from '../../../packages/platform/src/engine/sandbox-choice.ts';
import type { FunctionSpec } from '../../../packages/platform/src/functions/function-spec.ts';
import type { Sandbox, SandboxFactory } from '../../../packages/platform/src/sandbox/sandbox.ts';

export type { Sandbox } from '../../../packages/platform/src/sandbox/sandbox.ts';
export type { Sets } from '@pappus/platform';

export interface SandboxedFunction {
  readonly code: Uint8Array;
  readonly kind: FunctionSpec['kind'];
  /** Without: the function has neither input nor output. */
  readonly hasSets: boolean;
  readonly mode: Sandbox['mode'];
}

const LIMITS = { memoryBytes: 16_777_216, timeMs: 10_000, outputBytes: 1_048_576, outputItems: 1_000, logBytes: 1_000, concurrency: 1 };

export const engineSandboxes = (): SandboxFactory => createSandboxFactory(() => {});

/** With one input set `in` and one output set `out`, or none. */
export async function openSandbox(factory: SandboxFactory, { code, kind, hasSets, mode }: SandboxedFunction): Promise<Sandbox> {
  const spec: FunctionSpec = { kind, inputs: hasSets ? ['in'] : [], outputs: hasSets ? ['out'] : [], limits: LIMITS, capabilities: { clock: false, random: false, environment: {} }, memoize: false };
  const prepared = await factory.prepare(code, spec);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  const sandbox = await factory.open(prepared.module, spec);
  if (sandbox.mode !== mode) throw new Error(`${mode} was expected, and it is ${sandbox.mode}`);
  return sandbox;
}
