/** A composition while its body runs: it collects what is applied and names the sets. */
import { assert, defined } from '@pappus/core';
import type { Application, Composition, Join, Output } from '../syntax/ast.ts';
import type { ApplyOptions, Callee } from './callable.ts';
import { applicationNode, compositionNode, inputNode, joinNode, nameNode, outputNode } from './nodes.ts';
import type { Handed, SetOf } from './sets.ts';

/** What an application returned: the node follows when the body is done, since only then are all sets named. */
interface Pending {
  readonly callee: Callee;
  readonly inputs: Readonly<Record<string, Handed>>;
  readonly options: ApplyOptions<string, string>;
  readonly returned: ReadonlyMap<string, DraftSet>;
}

class DraftSet {
  name: string | null = null;
  readonly wish: string;
  readonly draft: Draft;
  used = false;

  constructor(draft: Draft, wish: string) {
    this.draft = draft;
    this.wish = wish;
  }
}

let open: Draft | null = null;

/** The composition whose body runs. */
export const currentDraft = (callee: string): Draft => defined(open, `the body of a composition around the application of ${callee}`);

/** Runs a body. Bodies run one after another: a composition is not defined inside another's body. */
export function runBody<T>(draft: Draft, body: () => T): T {
  assert(open === null, `composition ${draft.name} is defined inside the body of ${open?.name ?? ''}`);
  open = draft;
  try {
    return body();
  } finally {
    open = null;
  }
}

export class Draft {
  readonly name: string;
  readonly #inputs: readonly string[];
  readonly #pending: Pending[] = [];

  constructor(name: string, inputs: readonly string[]) {
    this.name = name;
    this.#inputs = inputs;
  }

  inputSets(): Readonly<Record<string, SetOf>> {
    return Object.fromEntries(this.#inputs.map((name) => [name, asSet(this.#named(name))]));
  }

  apply(callee: Callee, inputs: Readonly<Record<string, Handed>>, options: ApplyOptions<string, string>): Readonly<Record<string, SetOf>> {
    for (const { set } of Object.values(inputs)) this.#own(set).used = true;
    const wishes: Readonly<Record<string, string | undefined>> = options.as ?? {};
    const returned = new Map(callee.signature.outputs.map((output) => [output, new DraftSet(this, wishes[output] ?? output)]));
    for (const [output, set] of returned) set.used = wishes[output] !== undefined;
    this.#pending.push({ callee, inputs, options, returned });
    return Object.fromEntries([...returned].map(([output, set]) => [output, asSet(set)]));
  }

  get callees(): readonly Callee[] {
    return this.#pending.map(({ callee }) => callee);
  }

  /** `outputs`: what the body returned, by the composition's names. */
  close(outputs: Readonly<Record<string, SetOf>>): Composition {
    const taken = new Set(this.#inputs);
    for (const [name, set] of Object.entries(outputs)) this.#nameOutput(name, set, taken);
    for (const { returned } of this.#pending) for (const set of returned.values()) set.name ??= unique(set.wish, taken);
    const name = nameNode(this.name);
    const applications = this.#pending.map((pending) => this.#node(pending));
    return compositionNode({ name, inputs: this.#inputs.map(nameNode), outputs: Object.keys(outputs).map(nameNode), applications });
  }

  /** A set that is an output has the output's name: that is how the language says it. */
  #nameOutput(name: string, set: SetOf, taken: Set<string>): void {
    const own = this.#own(set);
    const before = own.name;
    assert(before === null || before === name, `composition ${this.name} returns the set ${before ?? ''} as ${name}: a set has one name`);
    assert(before !== null || !taken.has(name), `composition ${this.name} returns a set as ${name}, which is the name of an input`);
    own.name = name;
    own.used = true;
    taken.add(name);
  }

  #node({ callee, inputs, options, returned }: Pending): Application {
    const bound = Object.entries(inputs).map(([parameter, { set, distribution, optional }]) =>
      inputNode({ parameter: nameNode(parameter), optional, distribution, set: nameNode(defined(this.#own(set).name, 'a name of a set')) }),
    );
    const order = callee.signature.inputs;
    bound.sort((left, right) => order.indexOf(left.parameter.text) - order.indexOf(right.parameter.text));
    const joins = (options.by?.parts ?? []).map(({ kind, input }): Join => joinNode(kind, nameNode(joinName(input, inputs, (set) => this.#own(set).name))));
    const outputs = [...returned].filter(([, set]) => set.used).map(([output, set]): Output => outputNode(nameNode(set.name ?? set.wish), nameNode(output)));
    return applicationNode({ callee: nameNode(callee.name), inputs: bound, outputs, joins });
  }

  #named(name: string): DraftSet {
    const set = new DraftSet(this, name);
    set.name = name;
    return set;
  }

  #own(set: SetOf): DraftSet {
    assert(set instanceof DraftSet, `composition ${this.name} is given something that is no set`);
    assert(set.draft === this, `composition ${this.name} uses a set of ${set.draft.name}: sets belong to one composition`);
    return set;
  }
}

/** The set's name, as the language has it, where one input alone reads the set; else the callee's name of the input. A set's name counts before an input's. */
function joinName(parameter: string, inputs: Readonly<Record<string, Handed>>, nameOf: (set: SetOf) => string | null): string {
  const input = defined(inputs[parameter], `the input ${parameter} of a join`);
  const sets = Object.values(inputs).map(({ set }) => nameOf(set));
  const set = defined(nameOf(input.set), 'a name of a set');
  const readers = (name: string): number => sets.filter((other) => other === name).length;
  if (readers(set) === 1) return set;
  assert(readers(parameter) !== 1, `a join cannot name the input ${parameter}, which reads the set ${set} as others do: ${parameter} is the set of another input`);
  return parameter;
}

/** The name itself, or with the lowest free number behind it. */
function unique(wish: string, taken: Set<string>): string {
  let name = wish;
  for (let number = 2; taken.has(name); number++) name = `${wish}_${number}`;
  taken.add(name);
  return name;
}

/** The type shows nothing of a draft's set. */
const asSet = (set: DraftSet): SetOf => set as unknown as SetOf;
