/** Functions from source text, for the tests of this folder. */
import { type Clock, type Random, systemClock, systemRandom } from '@pappus/core';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { RunFailure, RunOutcome, Sandbox, SandboxFactory } from '../../sandbox/sandbox.ts';
import type { Sets } from '../../sets/item.ts';
import { createJavaScriptSandboxFactory } from '../javascript-sandbox-factory.ts';

export interface SpecChanges {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly limits?: Partial<FunctionSpec['limits']>;
  readonly capabilities?: Partial<FunctionSpec['capabilities']>;
}

export const MEBIBYTE: number = 1024 * 1024;

export function javaScriptSpec(changes: SpecChanges = {}): FunctionSpec {
  return {
    kind: 'javascript',
    inputs: changes.inputs ?? ['input'],
    outputs: changes.outputs ?? ['output'],
    limits: { memoryBytes: 32 * MEBIBYTE, timeMs: 10_000, outputBytes: 8 * MEBIBYTE, outputItems: 1_000, logBytes: 1_000, concurrency: 1, ...changes.limits },
    capabilities: { clock: false, random: false, environment: {}, ...changes.capabilities },
    memoize: false,
  };
}

export const newFactory = (clock: Clock = systemClock, random: Random = systemRandom): SandboxFactory => createJavaScriptSandboxFactory({ clock, random });

/** Shared, as a thread's functions share it. */
export const factory: SandboxFactory = newFactory();

export async function open(source: string, changes: SpecChanges = {}, from: SandboxFactory = factory): Promise<Sandbox> {
  const spec = javaScriptSpec(changes);
  const prepared = await from.prepare(Buffer.from(source), spec);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  return from.open(prepared.module, spec);
}

export async function problems(source: string, changes: SpecChanges = {}): Promise<readonly string[]> {
  const prepared = await factory.prepare(Buffer.from(source), javaScriptSpec(changes));
  return prepared.kind === 'refused' ? prepared.problems : [];
}

/** One set `input` of items from their names to their text. */
export const input = (items: Readonly<Record<string, string | Uint8Array>> = {}): Sets => [
  { name: 'input', items: Object.entries(items).map(([name, data], key) => ({ name, key, data: typeof data === 'string' ? Buffer.from(data) : data })) },
];

/** The only output set as text, by name. */
export function texts(outcome: RunOutcome): Readonly<Record<string, string>> {
  if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.failure));
  return Object.fromEntries((outcome.outputs[0]?.items ?? []).map(({ name, data }) => [name, Buffer.from(data).toString()]));
}

export function failure(outcome: RunOutcome): RunFailure {
  if (outcome.kind !== 'failed') throw new Error('the run succeeded');
  return outcome.failure;
}

export const printed = (outcome: RunOutcome): { readonly stdout: string; readonly stderr: string } => ({
  stdout: Buffer.from(outcome.log?.stdout ?? []).toString(),
  stderr: Buffer.from(outcome.log?.stderr ?? []).toString(),
});

/** What `expression` gives in a function, as JSON makes it. */
export async function evaluated(expression: string): Promise<unknown> {
  const sandbox = await open(`export default async () => ({ output: { value: JSON.stringify(await (${expression})) ?? 'undefined' } })`);
  const text = texts(sandbox.run(input(), null))['value'] ?? '';
  return text === 'undefined' ? undefined : JSON.parse(text);
}
