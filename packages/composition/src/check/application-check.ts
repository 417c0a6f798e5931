/** One application against its callee and the sets around it, and its form in the graph. */
import type { Application as Applied, InputBinding, SetIndex, Signature } from '../graph.ts';
import { suggestion } from '../source/nearest-name.ts';
import type { Application, Input, Name, Output } from '../syntax/ast.ts';
import { declarationText, type Scope } from './definitions.ts';
import { checkJoins, type BoundInput } from './join-check.ts';
import type { SetTable } from './set-table.ts';

/** Where something was reported, bindings are missing from it. */
export function checkApplication(application: Application, sets: SetTable, scope: Scope): Applied {
  const callee = resolveCallee(application.callee, scope);
  const bound = boundInputs(application, callee, sets, scope);
  const outputs = filledSets(application, callee, sets, scope);
  if (callee !== null) reportMissing(application, callee, scope);
  const joins = checkJoins(application, bound, scope);
  return { callee: application.callee.text, inputs: bound.map(({ binding }) => binding), outputs, joins };
}

function resolveCallee({ text, span }: Name, { definitions, registered, skipped, diagnostics }: Scope): Signature | null {
  const definition = definitions.get(text);
  if (definition !== undefined) return definition.signature;
  if (skipped.has(text)) return null;
  const known = registered?.get(text);
  const hint = (): string | null => {
    if (known !== undefined) return `declare it: \`${declarationText(text, known)}\``;
    return suggestion(text, definitions.keys()) ?? `declare it: \`function ${text}(…) => (…);\``;
  };
  diagnostics.error('unknown-function', span, `no function or composition \`${text}\` is declared`, { hint });
  return null;
}

/** In the callee's order. Without a callee the sets are looked up all the same. */
function boundInputs(application: Application, callee: Signature | null, sets: SetTable, scope: Scope): readonly BoundInput[] {
  const bound: BoundInput[] = [];
  const seen = new Map<string, Name>();
  for (const input of application.inputs) {
    const set = areSwapped(input, callee) ? sets.use(input.parameter.text) : resolveSet(input.set, sets, scope);
    const position = callee === null ? bound.length : resolveParameter(input, application, callee, scope);
    if (position === null || isRepeated(input.parameter, seen, 'duplicate-argument', 'the input is given twice', scope)) continue;
    if (set !== null) bound.push({ input, binding: binding(input, position, set) });
  }
  return bound.toSorted((left, right) => left.binding.position - right.binding.position);
}

const binding = ({ parameter, distribution, optional }: Input, position: number, set: SetIndex): InputBinding => ({ parameter: parameter.text, position, set, distribution, optional });

function resolveSet({ text, span }: Name, sets: SetTable, { skipped, diagnostics }: Scope): SetIndex | null {
  const index = sets.use(text);
  if (index !== null || skipped.has(text)) return index;
  const hint = (): string => suggestion(text, sets.names) ?? 'a set is an input of the composition, or an application assigns it';
  diagnostics.error('unknown-set', span, `there is no set \`${text}\``, { hint });
  return null;
}

/** A common slip: `images = all pics`. It is reported with the parameter, and the set is the other name. */
const areSwapped = ({ parameter, set }: Input, callee: Signature | null): boolean =>
  callee !== null && !callee.inputs.includes(parameter.text) && callee.inputs.includes(set.text);

function resolveParameter({ parameter, set }: Input, { callee }: Application, signature: Signature, { skipped, diagnostics }: Scope): number | null {
  const position = signature.inputs.indexOf(parameter.text);
  if (position >= 0) return position;
  if (skipped.has(parameter.text)) return null;
  const hint = (): string => {
    if (signature.inputs.includes(set.text)) return `the function's name comes first: \`${set.text} = … ${parameter.text}\``;
    return suggestion(parameter.text, signature.inputs) ?? listed('its inputs are', signature.inputs, 'it has no inputs');
  };
  diagnostics.error('unknown-parameter', parameter.span, `\`${callee.text}\` has no input \`${parameter.text}\``, { hint });
  return null;
}

function filledSets(application: Application, callee: Signature | null, sets: SetTable, scope: Scope): readonly (SetIndex | null)[] {
  if (callee === null) return application.outputs.map(({ set }) => sets.indexOf(set.text));
  const filled = new Array<SetIndex | null>(callee.outputs.length).fill(null);
  const seen = new Map<string, Name>();
  for (const output of application.outputs) {
    const position = resolveReturned(output, application, callee, scope);
    if (position === null || isRepeated(output.returned, seen, 'duplicate-return', 'the output is taken twice', scope)) continue;
    filled[position] = sets.indexOf(output.set.text);
  }
  return filled;
}

function resolveReturned({ set, returned }: Output, { callee }: Application, signature: Signature, { skipped, diagnostics }: Scope): number | null {
  const position = signature.outputs.indexOf(returned.text);
  if (position >= 0) return position;
  if (skipped.has(returned.text)) return null;
  const hint = (): string => {
    if (signature.outputs.includes(set.text)) return `the new set's name comes first: \`${returned.text} = ${set.text}\``;
    return suggestion(returned.text, signature.outputs) ?? listed('its outputs are', signature.outputs, 'it has no outputs');
  };
  diagnostics.error('unknown-return', returned.span, `\`${callee.text}\` has no output \`${returned.text}\``, { hint });
  return null;
}

const listed = (start: string, names: readonly string[], none: string): string =>
  names.length === 0 ? none : `${start} ${names.slice(0, MAX_LISTED).map((name) => `\`${name}\``).join(', ')}${names.length > MAX_LISTED ? ', …' : ''}`;

const MAX_LISTED = 8;

function isRepeated(name: Name, seen: Map<string, Name>, code: 'duplicate-argument' | 'duplicate-return', what: string, { diagnostics }: Scope): boolean {
  const before = seen.get(name.text);
  if (before === undefined) {
    seen.set(name.text, name);
    return false;
  }
  const hint = code === 'duplicate-return' ? 'a set may be used any number of times: one name is enough' : 'remove one of them';
  diagnostics.error(code, name.span, `${what}: \`${name.text}\``, { related: { span: before.span, message: 'first here' }, hint });
  return true;
}

function reportMissing({ callee, inputs }: Application, signature: Signature, { skipped, diagnostics }: Scope): void {
  const given = new Set(inputs.map(({ parameter }) => parameter.text));
  const missing = signature.inputs.filter((name) => !given.has(name));
  // An input with a wrong name is the one that is missing, and reported as that.
  const unknown = [...given].filter((name) => !signature.inputs.includes(name) && !skipped.has(name));
  if (missing.length === 0 || unknown.length > 0) return;
  const which = listed('', missing, '').trim();
  diagnostics.warning('missing-input', callee.span, `\`${callee.text}\` gets no ${which}: what is left out is always empty`);
}
