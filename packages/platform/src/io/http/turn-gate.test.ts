import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TurnGate, type Release } from './turn-gate.ts';

const { signal } = new AbortController();
const never = { lane: 'one', signal };
const other = { lane: 'other', signal };

describe('a gate', () => {
  test('never lets more through than it may, and everyone in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.array(fc.record({ to: fc.constantFrom('a', 'b', 'c'), turns: fc.nat({ max: 4 }), lane: fc.constantFrom('x', 'y', 'z'), cancel: fc.boolean() }), { maxLength: 20 }), async (whole, each, visitors) => {
        const gate = new TurnGate(whole, each);
        const inside = { all: 0, a: 0, b: 0, c: 0 };
        const visit = async ({ to, turns, lane, cancel }: (typeof visitors)[number] & { to: string }): Promise<void> => {
          const controller = new AbortController();
          const entering = gate.enter(to, { lane, signal: controller.signal });
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
        const releases = await Promise.all(Array.from({ length: whole }, (_, index) => gate.enter(`x${index}`, { lane: `x${index}`, signal })));
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
    const quick = await gate.enter('quick', never);
    order.push('quick');
    quick();
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

  test('keeps some requests for the lanes that have none, whatever one of them asks', async () => {
    const gate = new TurnGate(8, 2);
    const many = Array.from({ length: 30 }, (_, index) => gate.enter(`slow${index % 10}`, never));
    const few = await gate.enter('quick', other);
    few();
    expect(gate.waiting).toBe(24);
    for (const entering of many) (await entering)();
    expect(gate.waiting).toBe(0);
  });

  test.each([
    ['in all', 1, 2],
    ['for one destination', 2, 1],
  ])('lets lanes through in turns: %s', async (_, whole, each) => {
    const gate = new TurnGate(whole, each);
    const first = await gate.enter('a', never);
    const order: string[] = [];
    const visit = async (asker: typeof never): Promise<void> => {
      const release = await gate.enter('a', asker);
      order.push(asker.lane);
      release();
    };
    const all = [...[1, 2, 3].map(() => visit(never)), ...[1, 2].map(() => visit(other))];
    first();
    await Promise.all(all);
    // one lane has the whole of a destination if nobody else wants it
    expect(order).toEqual(each === 1 ? ['one', 'other', 'one', 'other', 'one'] : order);
    expect(order.indexOf('other')).toBeLessThan(3);
  });
});
