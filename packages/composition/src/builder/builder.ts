/**
 * Compositions in TypeScript. What is built is a syntax tree like that of a text: it is checked by the same checker, prints
 * as the same language and gives the same graph.
 */
import { assert } from '@pappus/core';
import { check } from '../check/check.ts';
import type { CompositionGraph } from '../graph.ts';
import { hasErrors } from '../source/diagnostic.ts';
import type { Module } from '../syntax/ast.ts';
import { print } from '../syntax/printer.ts';
import { callable, type Callable, type Callee, type FunctionShape } from './callable.ts';
import { Draft, runBody } from './draft.ts';
import { functionNode, moduleNode } from './nodes.ts';
import type { SetOf } from './sets.ts';

/** A composition whatever its inputs and outputs. */
export interface Built {
  /** With the declarations and compositions that it needs, each before it is applied. */
  readonly module: Module;
  readonly graph: CompositionGraph;
  /** The module in the composition language. */
  print(): string;
}

export interface BuiltComposition<I extends string, O extends string> extends Callable<I, O>, Built {}

/** Where a callable keeps what modules need to know of it. */
const CALLEES = new WeakMap<object, Callee>();

/** Declares a registered function: `declare('classify', { inputs: ['pics'], outputs: ['tagged', 'archives'] })`. */
export function declare<const I extends string, const O extends string>(name: string, shape: FunctionShape<I, O>): Callable<I, O> {
  const callee: Callee = { name, signature: shape, item: functionNode(name, shape.inputs, shape.outputs), callees: [] };
  return remembered(callable(callee, shape), callee);
}

/**
 * Builds a composition by running its body once. The sets that the body returns are its outputs, under the names that it
 * returns them by. A set that the language cannot express, or a body that breaks its rules, is a mistake of the program.
 */
export function composition<const I extends string, O extends string>(
  name: string,
  shape: { readonly inputs: readonly I[] },
  body: (inputs: { readonly [K in I]: SetOf }) => { readonly [K in O]: SetOf },
): BuiltComposition<I, O> {
  const draft = new Draft(name, shape.inputs);
  const outputs = runBody(draft, () => body(draft.inputSets() as { readonly [K in I]: SetOf }));
  const item = draft.close(outputs);
  const signature: FunctionShape<I, O> = { inputs: shape.inputs, outputs: Object.keys(outputs) as O[] };
  const callee: Callee = { name, signature, item, callees: draft.callees };
  const module = moduleNode(itemsOf(callee));
  const built = Object.assign(callable(callee, signature), { module, graph: graphOf(module, name), print: () => print(module) });
  return remembered(built, callee);
}

/** The module of several compositions, such as those of one file. */
export function moduleOf(...compositions: readonly Built[]): Module {
  const items = compositions.flatMap((built) => itemsOf(calleeOf(built)));
  return moduleNode(declarationsFirst([...new Set(items)]));
}

function remembered<T extends object>(built: T, callee: Callee): T {
  CALLEES.set(built, callee);
  return built;
}

function calleeOf(built: object): Callee {
  const callee = CALLEES.get(built);
  assert(callee !== undefined, 'what is given as a composition was not made by the builder');
  return callee;
}

/** Declarations first, then compositions in the order in which they need each other. */
function itemsOf(callee: Callee): Module['items'] {
  const items = new Set<Callee['item']>();
  const visit = ({ item, callees }: Callee): void => {
    if (items.has(item)) return;
    for (const inner of callees) visit(inner);
    items.add(item);
  };
  visit(callee);
  return declarationsFirst([...items]);
}

const declarationsFirst = (items: Module['items']): Module['items'] =>
  items.toSorted((left, right) => Number(left.kind === 'composition') - Number(right.kind === 'composition'));

function graphOf(module: Module, name: string): CompositionGraph {
  const { checked, diagnostics } = check(module);
  const messages = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  assert(!hasErrors(diagnostics), `composition ${name}: ${messages.join('; ')}`);
  const graph = checked?.graphs.get(name);
  assert(graph !== undefined, `composition ${name} has no graph`);
  return graph;
}
