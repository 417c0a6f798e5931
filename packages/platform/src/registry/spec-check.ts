/** What can be wrong with a function's spec, whatever its code: all of it at once. */
import type { FunctionSpec } from '../functions/function-spec.ts';
import { MAX_SETS } from './limits.ts';
import { isName, shown } from './reference.ts';

export function specProblems(spec: FunctionSpec): readonly string[] {
  return [...setProblems('input', spec.inputs), ...setProblems('output', spec.outputs), ...limitProblems(spec), ...purityProblems(spec)];
}

/** Names that nobody may take: of the platform's own functions. */
export interface TakenNames {
  /** Those that there are. */
  readonly builtins: ReadonlyMap<string, unknown>;
  /** All that there could be, and what is to be said where one is wanted and is not there. */
  readonly reserved?: ReadonlyMap<string, string>;
}

export function nameProblems(name: string, { builtins, reserved }: TakenNames): readonly string[] {
  if (!isName(name)) return [`${shown(name)} is no name: letters, digits and '_', not beginning with a digit, at most 128`];
  return builtins.has(name) || reserved?.has(name) === true ? [`${name} is the name of one of the platform's own functions`] : [];
}

function setProblems(role: string, names: readonly string[]): readonly string[] {
  const problems = names.filter((name) => !isName(name)).map((name) => `${shown(name)} is no name of an ${role} set: letters, digits and '_', not beginning with a digit, at most 128`);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  for (const name of twice) problems.push(`the ${role} set ${shown(name)} is there twice`);
  if (names.length > MAX_SETS) problems.push(`${names.length} ${role} sets, more than ${MAX_SETS}`);
  return problems;
}

function limitProblems({ limits }: FunctionSpec): readonly string[] {
  return Object.entries(limits)
    .filter(([name, value]) => !Number.isSafeInteger(value) || value < (name === 'logBytes' ? 0 : 1))
    .map(([name, value]) => `the limit ${name} is ${String(value)}: it must be a whole number above 0`);
}

function purityProblems({ memoize, capabilities }: FunctionSpec): readonly string[] {
  if (!memoize) return [];
  const seen = [...(capabilities.clock ? ['the clock'] : []), ...(capabilities.random ? ['randomness'] : [])];
  return seen.length === 0 ? [] : [`results cannot be kept (memoize) of a function that sees ${seen.join(' and ')}`];
}
