/** The `by` clause: which inputs it names, and that keys are what it joins them by. */
import type { InputBinding, JoinStep } from '../graph.ts';
import { suggestion } from '../source/nearest-name.ts';
import type { Application, Input, Join } from '../syntax/ast.ts';
import type { Scope } from './definitions.ts';

export interface BoundInput {
  readonly input: Input;
  readonly binding: InputBinding;
}

/** Steps number the inputs as `bound` orders them. */
export function checkJoins(application: Application, bound: readonly BoundInput[], scope: Scope): readonly JoinStep[] {
  const { joins } = application;
  const steps: JoinStep[] = [];
  /** What the chain since the last `cross` joins: `keyed` or `anyKeyed` sets, not both. */
  let chain: { readonly distribution: string; readonly join: Join } | null = null;
  for (const join of joins) {
    const index = resolveJoin(join, application, bound, scope);
    const found = index === null ? undefined : bound[index];
    if (index === null || found === undefined || isRepeated(join, index, joins, steps, scope)) continue;
    steps.push({ input: index, kind: join.join });
    if (!isKeyed(join, found.input, scope)) continue;
    const { distribution } = found.input;
    if (join.join === 'cross') chain = null;
    if (chain !== null && chain.distribution !== distribution) reportMixed(join, chain.join, scope);
    chain ??= { distribution, join };
  }
  if (joins.length === 1 && steps.length === 1) reportJoinOfOne(joins, scope);
  return steps;
}

/** The composition's name of a set comes before the callee's name of an input. */
function resolveJoin({ input: name }: Join, application: Application, bound: readonly BoundInput[], scope: Scope): number | null {
  const bySet = indices(bound, ({ input }) => input.set.text === name.text);
  const byParameter = indices(bound, ({ input }) => input.parameter.text === name.text)[0];
  const [first] = bySet;
  if (first !== undefined && bySet.length === 1) {
    if (byParameter !== undefined && byParameter !== first) reportTwoMeanings(name.text, bound[first], scope, name);
    return first;
  }
  if (byParameter !== undefined) return byParameter;
  if (first !== undefined) {
    const parameters = bySet.map((index) => `\`${bound[index]?.input.parameter.text ?? ''}\``).join(', ');
    scope.diagnostics.error('ambiguous-join-input', name.span, `\`${name.text}\` is the set of several inputs`, { hint: `name the input: ${parameters}` });
    return null;
  }
  reportUnknown(name, application, bound, scope);
  return null;
}

function reportTwoMeanings(text: string, meant: BoundInput | undefined, { diagnostics }: Scope, { span }: Join['input']): void {
  const parameter = meant?.input.parameter.text ?? '';
  const message = `\`${text}\` is a set here and also the name of another input: the set counts, which is input \`${parameter}\``;
  diagnostics.warning('ambiguous-join-input', span, message, { hint: 'rename one of them' });
}

function reportUnknown({ text, span }: Join['input'], { callee, inputs }: Application, bound: readonly BoundInput[], { skipped, diagnostics }: Scope): void {
  // What was reported with its input is not reported here again.
  const written = inputs.some(({ set, parameter }) => set.text === text || parameter.text === text);
  if (written || skipped.has(text)) return;
  const names = bound.flatMap(({ input }) => [input.set.text, input.parameter.text]);
  const hint = (): string => suggestion(text, names) ?? '`by` takes the sets that this application reads';
  diagnostics.error('unknown-join-input', span, `\`${callee.text}\` reads no set \`${text}\` here`, { hint });
}

function isRepeated(join: Join, index: number, joins: readonly Join[], steps: readonly JoinStep[], { diagnostics }: Scope): boolean {
  if (!steps.some(({ input }) => input === index)) return false;
  const first = joins.find(({ input }) => input.text === join.input.text && input !== join.input) ?? joins[0];
  const related = first === undefined ? {} : { related: { span: first.input.span, message: 'first here' } };
  diagnostics.error('repeated-join-input', join.input.span, `\`${join.input.text}\` is joined twice`, { ...related, hint: 'name each set once' });
  return true;
}

function isKeyed(join: Join, { distribution, set }: Input, { diagnostics }: Scope): boolean {
  if (distribution === 'keyed' || distribution === 'anyKeyed') return true;
  const hint = `hand it over by key: \`${distribution === 'anyEach' ? 'anyKeyed' : 'keyed'} ${set.text}\``;
  const related = { span: set.span, message: `handed over as \`${distribution}\`` };
  diagnostics.error('join-not-keyed', join.input.span, `\`${join.input.text}\` is not handed over by key, so it cannot be joined`, { hint, related });
  return false;
}

function reportMixed(join: Join, first: Join, { diagnostics }: Scope): void {
  const related = { span: first.input.span, message: 'the other kind' };
  diagnostics.error('join-mixes-keyed', join.input.span, 'a join cannot mix `keyed` and `anyKeyed` sets', { related, hint: 'hand both over in the same way, or put `cross` between them' });
}

function reportJoinOfOne(joins: readonly Join[], { diagnostics }: Scope): void {
  const [only] = joins;
  if (only !== undefined) diagnostics.warning('join-of-one', only.input.span, '`by` with one set joins nothing', { hint: 'add what it joins with, such as `inner other`, or remove it' });
}

function indices<T>(list: readonly T[], test: (element: T) => boolean): readonly number[] {
  return [...list.keys()].filter((index) => {
    const element = list[index];
    return element !== undefined && test(element);
  });
}
