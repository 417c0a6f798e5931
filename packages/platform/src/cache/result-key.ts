/**
 * What a result is kept under: the function's hash and the SHA-256 of its inputs, as the frame of sets that also goes
 * to engines, and of argv, environment and stdin where there are some. Each frame tells its own length, so two inputs
 * cannot be written alike. Order counts: items in another order are another input, since a function can see it.
 * A collision would hand one caller's result to another, so the hash has to withstand people who look for one.
 */
import { createHash, hash } from 'node:crypto';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import { encodeSets } from '../sets/set-frame.ts';

export interface ResultKey {
  readonly function: FunctionHash;
  readonly text: string;
}

/** Whether results may be kept: on request, and only of what sees nothing but its inputs. */
export const isMemoizable = ({ memoize, capabilities }: FunctionSpec): boolean => memoize && !capabilities.clock && !capabilities.random;

export function resultKey(functionHash: FunctionHash, inputs: Sets, stdio: ItemSet | null): ResultKey {
  const buffers = encodeSets(inputs);
  if (stdio !== null) buffers.push(...encodeSets([stdio]));
  const [first] = buffers;
  const digest = buffers.length === 1 && first !== undefined ? hash('sha256', first, 'base64url') : digestOf(buffers);
  return { function: functionHash, text: `${functionHash}${digest}` };
}

function digestOf(buffers: readonly Uint8Array[]): string {
  const sum = createHash('sha256');
  for (const buffer of buffers) sum.update(buffer);
  return sum.digest('base64url');
}
