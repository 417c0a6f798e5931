import { expect, it } from 'vitest';
import { FairLine } from './fair-line.ts';
import { QUANTUM_US } from './limits.ts';

const all = (): boolean => true;

/** Names of those who are let go, each charged as it goes, in the order of names: whose turn is first does not matter. */
function shares(line: FairLine<string>, count: number, costOf: (entry: string) => number, mayGo: (name: string) => boolean = all): string {
  const gone = Array.from({ length: count }, () => {
    const entry = line.peek(mayGo) ?? '-';
    line.charge(entry, costOf(entry));
    return entry;
  });
  return gone.toSorted().join('');
}

function lineOf(...names: readonly string[]): FairLine<string> {
  const line = new FairLine<string>();
  for (const name of names) line.add(name, name);
  return line;
}

it('shares time, not runs', () => {
  const long = (entry: string): number => (entry === 'a' ? 3 * QUANTUM_US : QUANTUM_US);
  expect(shares(lineOf('a', 'b'), 8, long)).toBe('aabbbbbb');
});

it('passes over who may not go on, who has its turn later', () => {
  const line = lineOf('a', 'b', 'c');
  expect(shares(line, 4, () => QUANTUM_US, (name) => name !== 'a')).toBe('bbcc');
  expect(line.peek(() => false)).toBeUndefined();
  expect(shares(line, 3, () => QUANTUM_US)).toBe('abc');
});

it('whoever was alone owes nothing to one that comes later', () => {
  const line = lineOf('a');
  expect(shares(line, 100, () => 1_000 * QUANTUM_US)).toBe('a'.repeat(100));
  line.peek(all);
  line.add('b', 'b');
  expect(shares(line, 6, () => QUANTUM_US)).toBe('aaabbb');
});

it('gives back what was charged too much, and no more than a turn', () => {
  const line = lineOf('a', 'b');
  expect(line.charge('nobody', 5)).toBe(0);
  expect(line.charge('a', 50 * QUANTUM_US)).toBe(50 * QUANTUM_US);
  line.charge('a', -80 * QUANTUM_US);
  expect(shares(line, 4, () => QUANTUM_US)).toBe('aabb');
});
