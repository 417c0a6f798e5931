/** Random compositions that apply each other and a few functions, as text: sensible ones, unlike `random-module.ts`. */
import { randomInt, type Random } from '@pappus/core';
import { DISTRIBUTIONS, type Signature } from '../graph.ts';
import { declarationText } from '../check/definitions.ts';

export const FUNCTIONS: ReadonlyMap<string, Signature> = new Map([
  ['one', { inputs: ['a'], outputs: ['p'] }],
  ['two', { inputs: ['a', 'b'], outputs: ['p', 'q'] }],
  ['make', { inputs: [], outputs: ['p'] }],
]);

/** Compositions `c0`, `c1`, …; each applies functions and earlier ones. The last is the largest nest. */
export function randomNest(random: Random): string {
  const known = new Map(FUNCTIONS);
  const texts = [...FUNCTIONS].map(([name, signature]) => declarationText(name, signature));
  const count = randomInt(random, 2, 5);
  for (let number = 0; number < count; number++) {
    const name = `c${number}`;
    const { text, signature } = randomComposition(name, known, random);
    texts.push(text);
    known.set(name, signature);
  }
  return texts.join('\n');
}

function randomComposition(name: string, known: ReadonlyMap<string, Signature>, random: Random): { readonly text: string; readonly signature: Signature } {
  const inputs = Array.from({ length: randomInt(random, 0, 2) }, (_, index) => `in${index}`);
  const sets = [...inputs];
  const lines: string[] = [];
  const count = randomInt(random, 1, 4);
  for (let number = 0; number < count; number++) lines.push(randomApplication(number, sets, known, random));
  const filled = sets.slice(inputs.length);
  const outputs = filled.filter(() => randomInt(random, 0, 1) === 1);
  if (inputs[0] !== undefined && randomInt(random, 0, 7) === 0) outputs.push(inputs[0]);
  const text = `composition ${name}(${inputs.join(', ')}) => (${outputs.join(', ')}) {\n${lines.join('\n')}\n}`;
  return { text, signature: { inputs, outputs } };
}

/** Adds the sets that it fills to `sets`. */
function randomApplication(number: number, sets: string[], known: ReadonlyMap<string, Signature>, random: Random): string {
  const [callee, { inputs, outputs }] = pick([...known], random);
  const bound = sets.length === 0 ? [] : inputs.filter(() => randomInt(random, 0, 9) > 0);
  const given = bound.map((parameter) => `${parameter} = ${randomInt(random, 0, 3) === 0 ? 'optional ' : ''}${randomInt(random, 0, 2) > 0 ? 'all' : pick(DISTRIBUTIONS, random)} ${pick(sets, random)}`);
  const taken = outputs.filter(() => randomInt(random, 0, 4) > 0).map((output) => ({ set: `s${number}_${output}`, output }));
  sets.push(...taken.map(({ set }) => set));
  return `    ${callee}(${given.join(', ')}) => (${taken.map(({ set, output }) => `${set} = ${output}`).join(', ')});`;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[randomInt(random, 0, list.length - 1)] as T;
}
