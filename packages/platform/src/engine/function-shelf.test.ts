import { describe, expect, test } from 'vitest';
import { FunctionShelf, type ShelfLimits } from './function-shelf.ts';
import { SegmentPlans } from './segment-plans.ts';
import { fakeSpec, oneStep } from './testing/fake-functions.ts';
import { FAKE_REPORT } from './testing/fake-sandboxes.ts';

interface Shelf {
  readonly shelf: FunctionShelf;
  readonly loads: string[];
  /** Loads the function, unless it is there. */
  want(hash: string): Promise<void>;
  there(...hashes: readonly string[]): readonly boolean[];
}

function newShelf(limits: Partial<ShelfLimits> = {}): Shelf {
  const loads: string[] = [];
  const load = async (hash: string): ReturnType<ConstructorParameters<typeof FunctionShelf>[0]['load']> => {
    loads.push(hash);
    return hash === 'gone' ? null : { spec: fakeSpec(), module: { bytes: new Uint8Array(100), report: FAKE_REPORT } };
  };
  const shelf = new FunctionShelf({ load }, { bytes: 1e9, functions: 99, ...limits });
  return { shelf, loads, want: (hash) => shelf.load(shelf.of(hash)), there: (...hashes) => hashes.map((hash) => shelf.of(hash).loaded !== null) };
}

describe('the shelf', () => {
  test('loads a function once, however many ask', async () => {
    const { loads, want } = newShelf();
    await Promise.all([want('a'), want('b'), want('a')]);
    await want('a');
    expect(loads).toEqual(['a', 'b']);
  });

  test('drops the least recently loaded when it holds too many bytes', async () => {
    const { loads, want, there } = newShelf({ bytes: 250 });
    for (const hash of ['a', 'b', 'c']) await want(hash);
    expect(there('a', 'b', 'c')).toEqual([false, true, true]);
    await want('a');
    expect(there('a', 'b', 'c')).toEqual([true, false, true]);
    expect(loads).toEqual(['a', 'b', 'c', 'a']);
  });

  test('forgets functions when it knows too many, and gives no number twice', async () => {
    const { shelf, want } = newShelf({ functions: 2 });
    const first = shelf.of('a');
    for (const hash of ['a', 'b', 'c']) await want(hash);
    expect(first.loaded).toBeNull();
    expect(shelf.of('a')).not.toBe(first);
    expect(new Set(['a', 'b', 'c'].map((hash) => shelf.of(hash).id)).size).toBe(3);
    await shelf.load(first);
    expect(shelf.of('a')).toBe(first);
  });

  test('says that a function is gone, and asks again the next time', async () => {
    const { loads, want } = newShelf();
    await expect(want('gone')).rejects.toMatchObject({ code: 'not-found' });
    await expect(want('gone')).rejects.toMatchObject({ code: 'not-found' });
    expect(loads).toHaveLength(2);
  });
});

describe('plans', () => {
  test('are one for each segment, with each function once', () => {
    const { shelf } = newShelf();
    const plans = new SegmentPlans(shelf);
    const segment = { fanOut: 1, steps: ['f', 'g', 'f'].map((hash) => ({ function: hash, inputs: [], exported: [] })) };
    expect(plans.of(segment)).toBe(plans.of(segment));
    expect(plans.of(segment).functions.map(({ hash }) => hash)).toEqual(['f', 'g']);
    expect(() => plans.of({ fanOut: 1, steps: [] })).toThrow(/1 to/);
  });

  test('learn at once that tasks take long, and slowly that they do not', () => {
    const plan = new SegmentPlans(newShelf().shelf).of(oneStep('f'));
    for (let run = 0; run < 100; run++) plan.learn(10, 0);
    expect(plan.estimateUs).toBeLessThan(20);
    plan.learn(100_000, 0);
    expect(plan.estimateUs).toBeGreaterThan(40_000);
    plan.learn(10, 0);
    expect(plan.estimateUs).toBeGreaterThan(40_000);
  });

  test('learn at once that tasks give many bytes, and slowly that they do not', () => {
    const plan = new SegmentPlans(newShelf().shelf).of(oneStep('f'));
    plan.learn(10, 100_000);
    expect(plan.outputBytes).toBe(100_000);
    plan.learn(10, 0);
    expect(plan.outputBytes).toBeGreaterThan(90_000);
    for (let run = 0; run < 1_000; run++) plan.learn(10, 0);
    expect(plan.outputBytes).toBe(0);
  });
});
