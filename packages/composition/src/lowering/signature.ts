/** A composition seen from outside. */
import type { CompositionGraph, Signature } from '../graph.ts';

export function signatureOf({ sets, inputs, outputs }: CompositionGraph): Signature {
  return { inputs: sets.slice(0, inputs), outputs: outputs.map((index) => sets[index] ?? '') };
}
