/**
 * Inlines nested compositions where that changes nothing but the number of hops. An application of a composition is
 * inlined when all of these hold; otherwise it stays a call, which the platform runs as an invocation of its own:
 *
 * 1. Every input of the callee is bound, and bound with `all`: then the composition runs exactly once, or not at all, and
 *    its inputs are the outer sets as they are.
 * 2. An input that is not `optional` skips the whole composition when it is empty. Inside, an application is skipped by an
 *    empty set only where it reads that set (or what was skipped with it) without `optional`. So each such input has to
 *    reach every application inside along inputs that are not `optional`.
 * 3. No output of the callee is one of its inputs: an outer set would be another outer set under a second name.
 * 4. The callee is not applied inside itself, is at most MAX_NESTING compositions deep, and what comes out stays within
 *    MAX_APPLICATIONS and MAX_SETS.
 *
 * Sets of an inlined composition are named `callee[n].set`, which no set of a text can be called.
 */
import type { Application, CompositionGraph, SetIndex } from '../graph.ts';
import { MAX_APPLICATIONS, MAX_NESTING, MAX_SETS } from '../limits.ts';

/** The graph of a composition by the name that applications use, or null for anything else. */
export type GraphLookup = (callee: string) => CompositionGraph | null;

export function flatten(graph: CompositionGraph, lookup: GraphLookup): CompositionGraph {
  return new Flattening(lookup).flat(graph);
}

class Flattening {
  readonly #lookup: GraphLookup;
  readonly #done = new Map<string, CompositionGraph>();
  /** Callees that are being flattened, from the outermost in. */
  readonly #open = new Set<string>();

  constructor(lookup: GraphLookup) {
    this.#lookup = lookup;
  }

  flat(graph: CompositionGraph): CompositionGraph {
    const out = new OpenGraph(graph);
    let waiting = graph.applications.length;
    for (const application of graph.applications) {
      waiting -= 1;
      const inner = this.#inner(application.callee);
      if (inner !== null && isInlinable(application, inner) && out.hasRoomFor(inner, waiting)) out.inline(application, inner);
      else out.keep(application);
    }
    return out.inlined === 0 ? graph : out.close();
  }

  #inner(callee: string): CompositionGraph | null {
    const done = this.#done.get(callee);
    if (done !== undefined) return done;
    if (this.#open.has(callee) || this.#open.size >= MAX_NESTING) return null;
    const graph = this.#lookup(callee);
    if (graph === null) return null;
    this.#open.add(callee);
    const flat = this.flat(graph);
    this.#open.delete(callee);
    this.#done.set(callee, flat);
    return flat;
  }
}

/** Rules 1 to 3. */
function isInlinable({ inputs }: Application, inner: CompositionGraph): boolean {
  if (inputs.length !== inner.inputs || inputs.some(({ distribution }) => distribution !== 'all')) return false;
  if (inner.outputs.some((set) => set < inner.inputs)) return false;
  return inputs.every(({ optional, position }) => optional || skipsEverything(inner, position));
}

/** Whether each application is skipped when this input is empty. */
function skipsEverything({ applications }: CompositionGraph, input: SetIndex): boolean {
  const empty = new Set([input]);
  return applications.every(({ inputs, outputs }) => {
    if (!inputs.some(({ set, optional }) => !optional && empty.has(set))) return false;
    for (const set of outputs) if (set !== null) empty.add(set);
    return true;
  });
}

/** A graph that grows. Sets keep their numbers, new ones come behind. */
class OpenGraph {
  readonly #graph: CompositionGraph;
  readonly #sets: string[];
  readonly #applications: Application[] = [];
  #inlined = 0;

  constructor(graph: CompositionGraph) {
    this.#graph = graph;
    this.#sets = [...graph.sets];
  }

  get inlined(): number {
    return this.#inlined;
  }

  /** Besides the `waiting` applications that are still to come. */
  hasRoomFor(inner: CompositionGraph, waiting: number): boolean {
    const applications = this.#applications.length + inner.applications.length + waiting;
    return applications <= MAX_APPLICATIONS && this.#sets.length + inner.sets.length <= MAX_SETS;
  }

  keep(application: Application): void {
    this.#applications.push(application);
  }

  inline(call: Application, inner: CompositionGraph): void {
    this.#inlined += 1;
    const outer = this.#outerSets(call, inner);
    for (const application of inner.applications) {
      const inputs = application.inputs.map((binding) => ({ ...binding, set: outer[binding.set] ?? 0 }));
      const outputs = application.outputs.map((set) => (set === null ? null : (outer[set] ?? null)));
      this.#applications.push({ ...application, inputs, outputs });
    }
  }

  close(): CompositionGraph {
    return { ...this.#graph, sets: this.#sets, applications: this.#applications };
  }

  /** By the inner number of a set its number here: bound sets are there already, the others are new. */
  #outerSets(call: Application, inner: CompositionGraph): readonly SetIndex[] {
    const outer = new Array<SetIndex | null>(inner.sets.length).fill(null);
    for (const { position, set } of call.inputs) outer[position] = set;
    for (const [position, set] of inner.outputs.entries()) outer[set] = call.outputs[position] ?? null;
    return outer.map((set, index) => set ?? this.#sets.push(`${call.callee}[${this.#inlined}].${inner.sets[index] ?? ''}`) - 1);
  }
}
