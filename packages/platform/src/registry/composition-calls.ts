/**
 * Whether compositions fit what they call. A call follows the callee's name at the time of the invocation, unless it
 * is written `name@hash`: whoever corrects a function wants it corrected everywhere, and an invocation still sees one
 * state, since the dispatcher makes its plan before it starts. Who must not be surprised pins the hash.
 */
import type { CompositionGraph, Signature } from '@pappus/composition';
import { MAX_INVOCATION_NESTING } from '../dataflow/limits.ts';
import { signatureOf, type Version } from './version.ts';

/** What a reference means: a built-in's signature, a version, or why it means nothing. */
export type Lookup =
  | { readonly kind: 'builtin'; readonly signature: Signature }
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'none'; readonly problem: string };

export type Look = (reference: string) => Lookup;

/** Everything that a composition calls, each once. */
export const calleesOf = (graph: CompositionGraph): readonly string[] => [...new Set(graph.applications.map(({ callee }) => callee))];

/** Unknown callees, and calls with sets that the callee does not have: position counts, names do not. Inputs may be left out. */
export function callProblems(graph: CompositionGraph, look: Look): readonly string[] {
  const problems = new Set<string>();
  for (const { callee, inputs, outputs } of graph.applications) {
    const found = look(callee);
    if (found.kind === 'none') {
      problems.add(`${graph.name} calls ${callee}: ${found.problem}`);
      continue;
    }
    const signature = found.kind === 'builtin' ? found.signature : signatureOf(found.version);
    const needed = inputs.reduce((most, { position }) => Math.max(most, position + 1), 0);
    if (signature.inputs.length < needed) problems.add(miscount(graph.name, callee, needed, signature.inputs, 'input'));
    if (signature.outputs.length !== outputs.length) problems.add(miscount(graph.name, callee, outputs.length, signature.outputs, 'output'));
  }
  return [...problems];
}

function miscount(caller: string, callee: string, given: number, wanted: readonly string[], role: string): string {
  const sets = wanted.length === 1 ? `1 ${role} set` : `${wanted.length} ${role} sets`;
  return `${caller} calls ${callee} with ${given}, but it has ${wanted.length === 0 ? `no ${role} set` : `${sets} (${wanted.join(', ')})`}`;
}

/** What is wrong with how these names nest, following names as an invocation would: a cycle, or deeper than may run. Null if nothing. */
export function nestingProblem(names: readonly string[], look: Look): string | null {
  const heights = new Map<Version, number>();
  /** How many compositions run inside one another there, that one included. */
  const heightOf = (reference: string, path: readonly Step[]): number | string => {
    const found = look(reference);
    if (found.kind !== 'version' || found.version.kind !== 'composition') return 0;
    const { version } = found;
    const shownPath = (from: number): string => [...path.slice(from).map((step) => step.reference), reference].join(' → ');
    const first = path.findIndex((step) => step.version === version);
    if (first >= 0) return `compositions call each other in a circle: ${shownPath(first)}`;
    const known = heights.get(version);
    if (path.length + (known ?? 1) > MAX_INVOCATION_NESTING) return `compositions nest more than ${MAX_INVOCATION_NESTING} deep: ${shownPath(Math.max(0, path.length - SHOWN_STEPS))}`;
    if (known !== undefined) return known;
    const below = [...path, { reference, version }];
    let height = 1;
    for (const callee of calleesOf(version.graph)) {
      const inner = heightOf(callee, below);
      if (typeof inner === 'string') return inner;
      height = Math.max(height, inner + 1);
    }
    heights.set(version, height);
    return height;
  };
  for (const name of names) {
    const height = heightOf(name, []);
    if (typeof height === 'string') return height;
  }
  return null;
}

/** Callers that a problem names. */
const SHOWN_STEPS = 4;

interface Step {
  readonly reference: string;
  readonly version: Version;
}
