import { describe, expect, test } from 'vitest';
import type { Sandbox, SandboxFactory } from '../sandbox/sandbox.ts';
import { FunctionCache } from './function-cache.ts';
import { fakeSpec } from './testing/fake-functions.ts';
import { FAKE_REPORT } from './testing/fake-sandboxes.ts';

interface Opened {
  readonly live: Set<number>;
  readonly factory: SandboxFactory;
}

/** The only byte of a module is its number; there is memory for `room` of them. Awake, one keeps 100 bytes, and 10 at rest. */
function sandboxes(room: number, grown: ReadonlyMap<number, number> = new Map()): Opened {
  const live = new Set<number>();
  const factory: SandboxFactory = {
    prepare: async () => ({ kind: 'refused', problems: [] }),
    open: async ({ bytes }) => {
      const number = bytes[0] as number;
      const wake = (): void => {
        if (live.size >= room) throw new RangeError('no memory');
        live.add(number);
      };
      wake();
      const run: Sandbox['run'] = () => ({ kind: 'done', outputs: [], log: null });
      return {
        mode: 'reset',
        get keptBytes() {
          return live.has(number) ? (grown.get(number) ?? 100) : 10;
        },
        run,
        lend: run,
        settle: () => {},
        rest: () => void live.delete(number),
        wake,
      };
    },
  };
  return { live, factory };
}

async function use(cache: FunctionCache, ...ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    if (!cache.has(id)) cache.receive(id, fakeSpec(), { bytes: Uint8Array.of(id), report: FAKE_REPORT });
    if (cache.openOf(id) === null) await cache.open(id, [id]);
  }
}

describe('the functions of a thread', () => {
  test('the least recently used go when there are too many', async () => {
    const { live, factory } = sandboxes(99);
    const cache = new FunctionCache(factory, { functions: 3, awake: 99, keptBytes: 1e9 });
    await use(cache, 1, 2, 3, 1, 4);
    expect([...live].toSorted((a, b) => a - b)).toEqual([1, 3, 4]);
    expect(cache.takeEvicted()).toEqual([2]);
    expect(cache.takeEvicted()).toEqual([]);
    expect([cache.has(2), cache.openOf(2)]).toEqual([false, null]);
  });

  test('or when one of them has grown, though nothing is opened any more', async () => {
    const grown = new Map<number, number>();
    const { live, factory } = sandboxes(99, grown);
    const cache = new FunctionCache(factory, { functions: 99, awake: 99, keptBytes: 1_000 });
    await use(cache, 1, 2, 3);
    grown.set(3, 850);
    await use(cache, 1, 2, 3);
    expect([...live]).toHaveLength(3);
    cache.weigh([3]);
    expect([...live].toSorted((a, b) => a - b)).toEqual([2, 3]);
    expect(cache.takeEvicted()).toEqual([1]);
  });

  test('or when they keep too many bytes', async () => {
    const { live, factory } = sandboxes(99);
    await use(new FunctionCache(factory, { functions: 99, awake: 99, keptBytes: 250 }), 1, 2, 3, 4);
    expect([...live]).toEqual([3, 4]);
  });

  test('few of them are awake, and those at rest wake again', async () => {
    const { live, factory } = sandboxes(99);
    const cache = new FunctionCache(factory, { functions: 99, awake: 2, keptBytes: 1e9 });
    await use(cache, 1, 2, 1, 3, 4);
    expect([...live]).toEqual([3, 4]);
    expect([cache.has(1), cache.openOf(1), cache.takeEvicted()]).toEqual([true, null, []]);
    const before = await cache.open(1, [1]);
    expect([...live]).toEqual([4, 1]);
    await use(cache, 2, 3);
    expect(await cache.open(1, [1])).toBe(before);
  });

  test('those at rest for longest go first when there are too many, or too many bytes', async () => {
    const { live, factory } = sandboxes(99);
    const cache = new FunctionCache(factory, { functions: 4, awake: 2, keptBytes: 215 });
    await use(cache, 1, 2, 3);
    expect([...live, ...cache.takeEvicted()]).toEqual([2, 3]);
    await use(cache, 1, 4);
    expect([...live, ...cache.takeEvicted()]).toEqual([1, 4, 2]);
    expect([1, 2, 3, 4].map((id) => cache.has(id))).toEqual([true, false, true, true]);
  });

  test('those of the running segment stay', async () => {
    const { live, factory } = sandboxes(99);
    const cache = new FunctionCache(factory, { functions: 2, awake: 1, keptBytes: 1e9 });
    for (const id of [1, 2, 3]) cache.receive(id, fakeSpec(), { bytes: Uint8Array.of(id), report: FAKE_REPORT });
    for (const id of [1, 2, 3]) await cache.open(id, [1, 2, 3]);
    expect([...live]).toEqual([1, 2, 3]);
  });

  test('all others make room when there is no memory for a new one', async () => {
    const { live, factory } = sandboxes(2);
    const cache = new FunctionCache(factory, { functions: 99, awake: 99, keptBytes: 1e9 });
    await use(cache, 1, 2, 3);
    expect([...live]).toEqual([3]);
    expect(cache.takeEvicted()).toEqual([1, 2]);
  });

  test('and when there is none for one that wakes', async () => {
    const { live, factory } = sandboxes(2);
    const cache = new FunctionCache(factory, { functions: 99, awake: 1, keptBytes: 1e9 });
    await use(cache, 1, 2);
    live.add(9);
    await use(cache, 1);
    expect([[...live], cache.takeEvicted(), cache.has(1)]).toEqual([[9, 1], [2], true]);
  });

  test('a function that does not open even so is an error', async () => {
    const cache = new FunctionCache(sandboxes(0).factory, { functions: 99, awake: 99, keptBytes: 1e9 });
    cache.receive(1, fakeSpec(), { bytes: Uint8Array.of(1), report: FAKE_REPORT });
    await expect(cache.open(1, [1])).rejects.toThrow('no memory');
  });
});
