/** Functions and compositions as TypeScript sees them: calls with named inputs that return named sets. */
import type { Signature } from '../graph.ts';
import type { Composition, FunctionDeclaration } from '../syntax/ast.ts';
import { currentDraft } from './draft.ts';
import type { Handed, Joins, SetOf } from './sets.ts';

/** Names of the inputs that are handed over by key: only those join. */
export type KeyedInputs<B> = { readonly [K in keyof B]: B[K] extends Handed<'keyed'> | Handed<'anyKeyed'> ? K : never }[keyof B] & string;

export interface ApplyOptions<Keyed extends string, O extends string> {
  readonly by?: Joins<Keyed>;
  /** Names for the sets, by the function's names of its outputs; without, they are the function's, made unique. */
  readonly as?: { readonly [K in O]?: string };
}

/** Applies within `composition(…)`: all inputs by name, and nothing else. */
export interface Callable<I extends string, O extends string> {
  <const B extends { readonly [K in I]: Handed }>(inputs: B & { readonly [K in Exclude<keyof B, I>]: never }, options?: ApplyOptions<KeyedInputs<B>, O>): { readonly [K in O]: SetOf };
  readonly signature: Signature & { readonly inputs: readonly I[]; readonly outputs: readonly O[] };
}

/** What a module needs to contain so that the callable can be applied in it. */
export interface Callee {
  readonly name: string;
  readonly signature: Signature;
  readonly item: FunctionDeclaration | Composition;
  /** What the item itself applies. */
  readonly callees: readonly Callee[];
}

export interface FunctionShape<I extends string, O extends string> {
  readonly inputs: readonly I[];
  readonly outputs: readonly O[];
}

export function callable<I extends string, O extends string>(callee: Callee, signature: FunctionShape<I, O>): Callable<I, O> {
  const apply = (inputs: Readonly<Record<string, Handed>>, options: ApplyOptions<string, string> = {}): { readonly [K in O]: SetOf } =>
    currentDraft(callee.name).apply(callee, inputs, options) as { readonly [K in O]: SetOf };
  return Object.assign(apply, { signature });
}
