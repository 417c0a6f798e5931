/** One composition: its applications, where sets come from and go to, and its graph. */
import type { Application as Applied, CompositionGraph } from '../graph.ts';
import { MAX_DIAGNOSTICS } from '../limits.ts';
import { suggestion } from '../source/nearest-name.ts';
import type { Composition } from '../syntax/ast.ts';
import { checkApplication } from './application-check.ts';
import { findCycles, topologicalOrder, type Edges } from './cycles.ts';
import type { Scope } from './definitions.ts';
import { SetTable } from './set-table.ts';

/** Null where it has a cycle. It is sound only where nothing was reported. */
export function checkComposition(composition: Composition, scope: Scope): CompositionGraph | null {
  const sets = new SetTable(composition, scope.diagnostics);
  const applications = composition.applications.map((application) => checkApplication(application, sets, scope));
  const outputs = composition.outputs.map((name) => {
    const index = sets.use(name.text);
    if (index === null && !scope.skipped.has(name.text)) reportUnassigned(composition, name, sets, scope);
    return index ?? 0;
  });
  sets.reportUnused(scope.skipped, scope.diagnostics);
  const { names } = sets;
  const edges = flow(applications, names, composition.inputs.length);
  if (reportCycles(composition, edges, applications, names, scope)) return null;
  const order = topologicalOrder(edges).flatMap((index) => applications[index] ?? []);
  return { name: composition.name.text, sets: names, inputs: composition.inputs.length, outputs, applications: order };
}

function reportUnassigned(composition: Composition, { text, span }: Composition['name'], sets: SetTable, { diagnostics }: Scope): void {
  const hint = (): string => suggestion(text, sets.names) ?? `assign it: \`(${text} = …)\` behind an application`;
  diagnostics.error('unassigned-output', span, `nothing assigns the output \`${text}\` of \`${composition.name.text}\``, { hint });
}

/** From each application to those that read what it fills. That an input is filled is reported already. */
function flow(applications: readonly Applied[], sets: readonly string[], inputCount: number): Edges {
  const readers = sets.map((): number[] => []);
  for (const [index, { inputs }] of applications.entries()) for (const { set } of inputs) readers[set]?.push(index);
  return applications.map(({ outputs }) => outputs.flatMap((set) => (set === null || set < inputCount ? [] : (readers[set] ?? []))));
}

function reportCycles(composition: Composition, edges: Edges, applications: readonly Applied[], sets: readonly string[], { diagnostics }: Scope): boolean {
  const cycles = findCycles(edges, MAX_DIAGNOSTICS);
  for (const cycle of cycles) {
    const steps = cycle.map((index, at) => `\`${sharedSet(applications[index], applications[cycle[at + 1] ?? cycle[0] ?? 0], sets)}\``);
    const callees = cycle.map((index) => `\`${applications[index]?.callee ?? ''}\``);
    const place = composition.applications[cycle[0] ?? 0]?.callee.span ?? composition.name.span;
    const message =
      cycle.length === 1
        ? `${callees[0] ?? ''} reads the set ${steps[0] ?? ''}, which it fills itself`
        : `applications of ${listed(callees)} wait for each other: their sets go in a circle, ${chain(steps)}`;
    diagnostics.error('cycle', place, message, { hint: 'data flows one way: one of these sets has to come from elsewhere' });
  }
  return cycles.length > 0;
}

/** A set that the one fills and the other reads. */
function sharedSet(from: Applied | undefined, to: Applied | undefined, sets: readonly string[]): string {
  const set = from?.outputs.find((filled) => filled !== null && to?.inputs.some((input) => input.set === filled));
  return sets[set ?? -1] ?? '';
}

const MAX_CHAIN = 8;

/** Each name once, at most as many as a chain shows. */
function listed(names: readonly string[]): string {
  const different = [...new Set(names)];
  return different.length <= MAX_CHAIN ? different.join(', ') : `${different.slice(0, MAX_CHAIN).join(', ')}, …`;
}

/** The circle with its first name again at the end; the middle of a long one is left out. */
export function chain(names: readonly string[]): string {
  const shown = names.length <= MAX_CHAIN ? names : [...names.slice(0, MAX_CHAIN - 1), '…'];
  return [...shown, names[0] ?? ''].join(' → ');
}
