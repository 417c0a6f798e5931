/** Random graphs of functions that mark what they have seen, and random sets for them. */
import type { Application, CompositionGraph, InputBinding, JoinStep } from '@pappus/composition';
import { DISTRIBUTIONS, JOIN_KINDS } from '@pappus/composition';
import fc from 'fast-check';
import type { Item } from '../../sets/item.ts';
import { specOf, type Closed, type Closure } from './closure-engine.ts';

const INPUTS = 2;

interface Shape {
  readonly bindings: readonly { readonly from: number; readonly distribution: number; readonly optional: boolean }[];
  readonly outputs: number;
  readonly fan: number;
  readonly used: readonly boolean[];
  readonly join: readonly number[] | null;
  readonly limited: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  bindings: fc.array(fc.record({ from: fc.nat(1000), distribution: fc.constantFrom(0, 0, 2, 2, 2, 1, 3, 4), optional: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  fan: fc.integer({ min: 0, max: 2 }),
  used: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  join: fc.option(fc.array(fc.nat(5), { minLength: 2, maxLength: 2 })),
  limited: fc.boolean(),
});

export interface RandomComposition {
  readonly graph: CompositionGraph;
  readonly functions: ReadonlyMap<string, Closed>;
}

export const randomComposition: fc.Arbitrary<RandomComposition> = fc.array(shape, { minLength: 1, maxLength: 7 }).map(build);

const item: fc.Arbitrary<Item> = fc.record({ name: fc.constantFrom('a', 'b', 'c'), key: fc.nat(3), data: fc.uint8Array({ maxLength: 2 }) });
export const randomSets: fc.Arbitrary<readonly (readonly Item[])[]> = fc.array(fc.array(item, { maxLength: 5 }), { minLength: INPUTS, maxLength: INPUTS });

function build(shapes: readonly Shape[]): RandomComposition {
  const sets = ['in0', 'in1'];
  const filled = [0, 1];
  const functions = new Map<string, Closed>();
  const applications = shapes.map((each, index): Application => {
    const callee = `f${index}`;
    const inputs = bindingsOf(each, filled);
    const first = sets.length;
    for (let output = 0; output < each.outputs; output++) sets.push(`s${first + output}`);
    const outputs = Array.from({ length: each.outputs }, (_, output) => (each.used[output] === false && output > 0 ? null : first + output));
    const spec = specOf(inputs.map(({ parameter }) => parameter), outputs.map((_, output) => `o${output}`));
    filled.push(...outputs.filter((set) => set !== null));
    functions.set(callee, { spec: each.limited ? { ...spec, limits: { ...spec.limits, concurrency: 2 } } : spec, closure: marking(index, each) });
    return { callee, inputs, outputs, joins: joinsOf(each, inputs) };
  });
  const outputs = [...new Set([filled.length - 1, filled.length - 2, Math.floor(filled.length / 2)])].map((place) => filled[place] ?? 0).filter((set) => set >= INPUTS);
  return { graph: { name: 'random', sets, inputs: INPUTS, outputs, applications }, functions };
}

function bindingsOf({ bindings, join }: Shape, filled: readonly number[]): InputBinding[] {
  return bindings.map(({ from, distribution, optional }, position) => ({
    parameter: `p${position}`,
    position,
    set: filled[from % filled.length] ?? 0,
    // Whether partitions of any size are equal depends on the function; here they are `keyed` and `each`, which is allowed.
    distribution: join !== null && bindings.length > 1 && position < 2 ? 'keyed' : (DISTRIBUTIONS[distribution > 2 ? distribution - 2 : distribution] ?? 'all'),
    optional,
  }));
}

const joinsOf = ({ join }: Shape, inputs: readonly InputBinding[]): JoinStep[] =>
  join === null || inputs.length < 2 ? [] : [{ input: 0, kind: null }, { input: 1, kind: JOIN_KINDS[join[0] ?? 0] ?? 'inner' }];

/** Everything that a run saw becomes part of what it makes, so that a run too many or with other items shows. */
function marking(index: number, { outputs, fan }: Shape): Closure {
  return (inputs) => {
    const seen = inputs.map((items) => items.map(({ name, key, data }) => `${name}/${key}/${data.length}`).toSorted().join(',')).join('|');
    const count = (seen.length + index + fan) % (fan + 2);
    return Array.from({ length: outputs }, (_, output) =>
      Array.from({ length: count }, (__, place): Item => ({ name: short(`${index}.${output}.${place}(${seen})`), key: (seen.length + place) % 4, data: new Uint8Array((place + output) % 3) })));
  };
}

/** Names stay distinct and do not grow without end. */
function short(text: string): string {
  if (text.length < 200) return text;
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum = (Math.imul(sum, 31) + text.charCodeAt(index)) >>> 0;
  return `${text.slice(0, 100)}…${sum}`;
}
