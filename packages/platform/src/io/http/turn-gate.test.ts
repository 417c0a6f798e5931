import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TurnGate, type Release } from './turn-gate.ts';

const never = new AbortController().signal;

describe('a gate', () => {
  test('never lets more through than it may, and everyone in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.array(fc.record({ to: fc.constantFrom('a', 'b', 'c'), turns: fc.nat({ max: 4 }), cancel: fc.boolean() }), { maxLength: 20 }), async (whole, each, visitors) => {
        const gate = new TurnGate(whole, each);
        const inside = { all: 0, a: 0, b: 0, c: 0 };
        const visit = async ({ to, turns, cancel }: (typeof visitors)[number] & { to: string }): Promise<void> => {
          const controller = new AbortController();
          const entering = gate.enter(to, controller.signal);
          if (cancel) controller.abort(new Error('gone'));
          const release = await entering.catch(() => null);
          if (release === null) return;
          const place = to as 'a' | 'b' | 'c';
          inside.all++;
          inside[place]++;
          expect(inside.all).toBeLessThanOrEqual(whole);
          expect(inside[place]).toBeLessThanOrEqual(each);
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          inside.all--;
          inside[place]--;
          release();
        };
        await Promise.all(visitors.map(visit));
        expect(gate.waiting).toBe(0);
        // nothing was lost: all places are free again
        const releases = await Promise.all(Array.from({ length: whole }, (_, index) => gate.enter(`x${index}`, never)));
        for (const release of releases) release();
      }),
      { numRuns: 200 },
    );
  });

  test('lets others past a destination that is full', async () => {
    const gate = new TurnGate(2, 1);
    const first = await gate.enter('slow', never);
    const order: string[] = [];
    const waiting = gate.enter('slow', never).then((release: Release) => {
      order.push('slow');
      release();
    });
    const other = await gate.enter('quick', never);
    order.push('quick');
    other();
    first();
    await waiting;
    expect(order).toEqual(['quick', 'slow']);
  });

  test('serves those that wait in their order', async () => {
    const gate = new TurnGate(1, 1);
    const first = await gate.enter('a', never);
    const order: number[] = [];
    const others = [1, 2, 3].map(async (number) => {
      const release = await gate.enter('a', never);
      order.push(number);
      release();
    });
    first();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });
});
