import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRank, type Rank } from '@pappus/core';
import { BarrierTable } from './barrier-table.ts';

const ranks = (size: number): readonly Rank[] => Array.from({ length: size }, (_, rank) => parseRank(rank));

type Step = { readonly kind: 'enter' | 'expire' | 'withdraw' | 'suspend' | 'drop'; readonly rank: number; readonly name: string };

test('releases exactly when all are waiting, against a plain model', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('enter', 'enter', 'enter', 'enter', 'expire', 'withdraw', 'suspend', 'drop'),
    rank: fc.integer({ min: 0, max: 2 }),
    name: fc.constantFrom('a', 'b'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new BarrierTable(ranks(3));
      const waiting = new Map<string, Map<number, number>>([
        ['a', new Map()],
        ['b', new Map()],
      ]);
      steps.forEach(({ kind, rank, name }, request) => {
        const there = waiting.get(name) as Map<number, number>;
        const mine = there.get(rank);
        if (kind === 'enter') {
          there.set(rank, request);
          const released = there.size === 3 ? [...there].map(([each, its]) => ({ rank: each, request: its, missing: [] })) : [];
          if (released.length > 0) there.clear();
          expect(table.enter(parseRank(rank), request, name)).toEqual(released);
        } else if (kind === 'expire') {
          there.delete(rank);
          const outcome = table.expire(parseRank(rank), mine ?? -1);
          if (mine === undefined) expect(outcome).toBeNull();
          else {
            expect(outcome?.missing.length).toBeGreaterThan(0);
            for (const each of outcome?.missing ?? []) expect(there.has(each)).toBe(false);
          }
        } else if (kind === 'withdraw') {
          there.delete(rank);
          table.withdraw(parseRank(rank), mine ?? -1);
        } else {
          for (const each of waiting.values()) each.delete(rank);
          if (kind === 'drop') table.drop(parseRank(rank));
          else table.suspend(parseRank(rank));
        }
        expect(table.pending(parseRank(rank))).toBe([...waiting.values()].filter((each) => each.has(rank)).length);
      });
    }),
  );
});

test('an outcome that was not read is given again, until the rank has a new holder', () => {
  const table = new BarrierTable(ranks(2));
  const [one, two] = ranks(2) as [Rank, Rank];
  table.enter(one, 1, 'go');
  expect(table.enter(two, 9, 'go')).toHaveLength(2);
  table.suspend(one);
  expect(table.enter(one, 1, 'go')).toEqual([{ rank: one, request: 1, missing: [] }]);
  table.drop(one);
  expect(table.enter(one, 1, 'go')).toEqual([]);
});

test('does not blame those who waited until their own deadline', () => {
  const table = new BarrierTable(ranks(4));
  const [a, b, c] = ranks(4) as [Rank, Rank, Rank];
  table.enter(a, 1, 'go');
  table.enter(b, 1, 'go');
  expect(table.expire(a, 1)?.missing).toEqual([2, 3]);
  expect(table.expire(b, 1)?.missing).toEqual([2, 3]);
  table.enter(c, 1, 'go');
  expect(table.expire(c, 1)?.missing).toEqual([0, 1, 3]);
});
