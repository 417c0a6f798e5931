/** The checker: a syntax tree to graphs that can run, or to what is wrong with it, all of it in one go. */
import type { CompositionGraph, Signature } from '../graph.ts';
import { MAX_DIAGNOSTICS } from '../limits.ts';
import { DiagnosticList, mergeDiagnostics, hasErrors, type Diagnostic } from '../source/diagnostic.ts';
import type { Composition, Module, Name } from '../syntax/ast.ts';
import { parse } from '../syntax/parser.ts';
import { chain, checkComposition } from './composition-check.ts';
import { findCycles } from './cycles.ts';
import { checkRegistered, collectDefinitions, type Scope } from './definitions.ts';

/** Signatures of functions and compositions by name. */
export type Signatures = ReadonlyMap<string, Signature>;

export interface CheckOptions {
  /** What is registered where the module is going to run. Without it declarations are believed. */
  readonly registered?: Signatures;
}

/** A module without errors. Only the checker makes one. */
export interface CheckedModule {
  readonly module: Module;
  /** By the name of the composition, in the module's order. */
  readonly graphs: ReadonlyMap<string, CompositionGraph>;
}

export interface CheckResult {
  /** Null where `diagnostics` has an error. */
  readonly checked: CheckedModule | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses and checks. What is reported of a text with syntax errors does not follow from them. */
export function compile(text: string, options: CheckOptions = {}): CheckResult {
  const parsed = parse(text);
  const { checked, diagnostics } = check(parsed.module, options);
  const all = mergeDiagnostics(parsed.diagnostics, diagnostics);
  return { checked: hasErrors(all) ? null : checked, diagnostics: all };
}

/** Never throws, whatever the module. */
export function check(module: Module, { registered }: CheckOptions = {}): CheckResult {
  const diagnostics = new DiagnosticList();
  const definitions = collectDefinitions(module, diagnostics);
  const scope: Scope = { definitions, registered: registered ?? null, skipped: module.skipped, diagnostics };
  checkRegistered(scope);
  const compositions = module.items.filter((item) => item.kind === 'composition');
  reportRecursion(compositions, diagnostics);
  const graphs = new Map<string, CompositionGraph>();
  for (const composition of compositions) {
    const graph = checkComposition(composition, scope);
    if (graph !== null) graphs.set(graph.name, graph);
  }
  return { checked: diagnostics.hasErrors ? null : { module, graphs }, diagnostics: diagnostics.toArray() };
}

/** Compositions nest, but not in themselves: nothing would ever end. */
function reportRecursion(compositions: readonly Composition[], diagnostics: DiagnosticList): void {
  const numbers = new Map(compositions.map(({ name }, index) => [name.text, index]));
  const calls = compositions.map(({ applications }) => applications.flatMap(({ callee }) => numbers.get(callee.text) ?? []));
  for (const cycle of findCycles(calls, MAX_DIAGNOSTICS)) {
    const names = cycle.map((index) => `\`${compositions[index]?.name.text ?? ''}\``);
    const next = compositions[cycle[1] ?? cycle[0] ?? 0]?.name.text ?? '';
    const place = callOf(compositions[cycle[0] ?? 0], next);
    if (place === null) continue;
    const message = cycle.length === 1 ? `the composition ${names[0] ?? ''} applies itself` : `compositions apply each other: ${chain(names)}`;
    diagnostics.error('recursion', place.span, message, { hint: 'a composition is a fixed graph: recursion has no end here' });
  }
}

const callOf = (composition: Composition | undefined, callee: string): Name | null =>
  composition?.applications.find((application) => application.callee.text === callee)?.callee ?? null;
