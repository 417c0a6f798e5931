/** Kept results: same inputs, same answer, computed once; bounded; failures forgotten. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import { ByteLru } from './byte-lru.ts';
import { ResultCache, type Memoized } from './result-cache.ts';
import { isMemoizable, resultKey } from './result-key.ts';

const F = 'f'.repeat(64);
const NEVER = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sets = (text: string, name = 'out'): Sets => [{ name, items: [{ name: 'x', key: 1, data: bytes(text) }] }];

interface Result {
  readonly outputs: Sets | null;
}

/** Computations that end when the test says so. */
class Bench {
  readonly cache: ResultCache;
  readonly started: { readonly signal: AbortSignal; readonly end: (result: Result) => void; readonly fail: (error: Error) => void }[] = [];

  constructor(maxBytes?: number) {
    this.cache = new ResultCache(maxBytes === undefined ? {} : { maxBytes });
  }

  run(input: string, signal: AbortSignal = NEVER): Promise<Memoized<Result>> {
    const compute = (own: AbortSignal): Promise<Result> => new Promise((end, fail) => this.started.push({ signal: own, end, fail }));
    return this.cache.run(resultKey(F, sets(input), null), { signal, compute, outputsOf: ({ outputs }) => outputs });
  }

  async keep(input: string, output: string): Promise<void> {
    const running = this.run(input);
    this.started.at(-1)?.end({ outputs: sets(output) });
    await running;
  }
}

it('computes once, then answers from memory', async () => {
  const bench = new Bench();
  await bench.keep('in', 'result');
  expect(await bench.run('in')).toEqual({ kind: 'kept', outputs: sets('result') });
  expect(bench.started).toHaveLength(1);
  expect(bench.cache.stats()).toMatchObject({ hits: 1, misses: 1, joined: 0, entries: 1, computing: 0 });
  expect(bench.cache.statsOf(F)).toEqual({ hits: 1, misses: 1, joined: 0 });
});

it('the same at the same time is computed once', async () => {
  const bench = new Bench();
  const running = [bench.run('in'), bench.run('in'), bench.run('other')];
  expect(bench.started).toHaveLength(2);
  for (const { end } of bench.started) end({ outputs: sets('result') });
  expect((await Promise.all(running)).map(({ kind }) => kind)).toEqual(['computed', 'joined', 'computed']);
  expect(bench.cache.stats()).toMatchObject({ misses: 2, joined: 1, entries: 2 });
});

it('does not keep failures', async () => {
  const bench = new Bench();
  const failing = [bench.run('in'), bench.run('in')];
  bench.started[0]?.end({ outputs: null });
  await Promise.all(failing);
  const rejecting = [bench.run('in'), bench.run('in')];
  bench.started[1]?.fail(new Error('engine lost'));
  for (const outcome of await Promise.allSettled(rejecting)) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'engine lost' } });
  await bench.keep('in', 'result');
  expect(bench.started).toHaveLength(3);
  expect(bench.cache.stats()).toMatchObject({ entries: 1, computing: 0 });
});

it('who leaves does not end what others wait for; the last one does', async () => {
  const bench = new Bench();
  const leaving = [new AbortController(), new AbortController()] as const;
  const first = bench.run('in', leaving[0].signal);
  const second = bench.run('in', leaving[1].signal);
  leaving[0].abort(new Error('first left'));
  await expect(first).rejects.toThrow('first left');
  expect(bench.started[0]?.signal.aborted).toBe(false);
  leaving[1].abort(new Error('second left'));
  await expect(second).rejects.toThrow('second left');
  expect(bench.started[0]?.signal.aborted).toBe(true);
  const third = bench.run('in');
  expect(bench.started).toHaveLength(2);
  bench.started[0]?.fail(new Error('aborted')); // of no concern to the third
  bench.started[1]?.end({ outputs: sets('result') });
  expect((await third).kind).toBe('computed');
  await expect(bench.run('in', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});

it('stays within its bytes and drops what was not used for longest', async () => {
  const bench = new Bench(12_000);
  for (const input of ['a', 'b', 'c']) await bench.keep(input, input.repeat(2_000));
  await bench.run('a');
  await bench.keep('d', 'd'.repeat(2_000));
  await bench.keep('e', 'e'.repeat(2_000));
  const kinds = await Promise.all(['a', 'd', 'e', 'c'].map(async (input) => (await bench.run(input)).kind));
  expect(kinds).toEqual(['kept', 'kept', 'kept', 'kept']);
  expect(bench.cache.stats().bytes).toBeLessThanOrEqual(12_000);
  expect(bench.cache.stats().evictions).toBe(1);
  await bench.keep('big', 'x'.repeat(3_000));
  expect(bench.cache.stats().evictions).toBe(1);
});

it('keeps copies: the buffer that a result came in is let go, and may change', async () => {
  const bench = new Bench();
  const frame = bytes('....result....');
  const running = bench.run('in');
  bench.started[0]?.end({ outputs: [{ name: 'out', items: [{ name: 'x', key: 1, data: frame.subarray(4, 10) }] }] });
  await running;
  frame.fill(0);
  const kept = await bench.run('in');
  const data = kept.kind === 'kept' ? kept.outputs[0]?.items[0]?.data : undefined;
  expect(data).toEqual(bytes('result'));
  expect(data?.buffer.byteLength).toBe(6);
});

it('different inputs have different keys', () => {
  const item = fc.record({ name: fc.constantFrom('a', 'b', 'ab', ''), key: fc.nat(3), data: fc.uint8Array({ maxLength: 3 }) });
  const set = fc.record({ name: fc.constantFrom('a', 'b', 'ab'), items: fc.array(item, { maxLength: 3 }) });
  const input = fc.record({ function: fc.constantFrom(F, '0'.repeat(64)), sets: fc.array(set, { maxLength: 3 }), stdio: fc.option(set) });
  const keyOf = (value: { readonly function: string; readonly sets: Sets; readonly stdio: ItemSet | null }): string => resultKey(value.function, value.sets, value.stdio).text;
  const plain = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => (inner instanceof Uint8Array ? [...inner] : inner));
  fc.assert(fc.property(input, input, (left, right) => {
    expect(keyOf(left) === keyOf(right)).toBe(plain(left) === plain(right));
    expect(keyOf(left)).toBe(keyOf(structuredClone(left)));
  }), { numRuns: 500 });
  const big = new Uint8Array(10_000).fill(1);
  const whole = resultKey(F, [{ name: 's', items: [{ name: 'x', key: 0, data: big }] }], null).text;
  expect(resultKey(F, [{ name: 's', items: [{ name: 'x', key: 0, data: big.with(9_999, 2) }] }], null).text).not.toBe(whole);
});

it('only what sees nothing but its inputs is kept', () => {
  const spec = (memoize: boolean, clock: boolean, random: boolean): FunctionSpec => ({ memoize, capabilities: { clock, random, environment: {} } }) as unknown as FunctionSpec;
  expect([spec(true, false, false), spec(false, false, false), spec(true, true, false), spec(true, false, true)].map(isMemoizable)).toEqual([true, false, false, false]);
});

it('a least-recently-used cache agrees with a list', () => {
  const operation = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(12), kind: fc.constantFrom('get', 'set', 'delete') });
  fc.assert(fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
    const cache = new ByteLru<number>(20);
    let list: { readonly key: string; readonly bytes: number }[] = [];
    for (const { key, bytes: size, kind } of operations) {
      const found = list.find((entry) => entry.key === key);
      if (kind === 'get') expect(cache.get(key)).toBe(found?.bytes);
      else if (kind === 'delete') expect(cache.delete(key)).toBe(found !== undefined);
      else expect(cache.set(key, size, size)).toBe(true);
      list = list.filter((entry) => entry.key !== key);
      if (kind === 'set') list.push({ key, bytes: size });
      if (kind === 'get' && found !== undefined) list.push(found);
      while (list.reduce((sum, entry) => sum + entry.bytes, 0) > 20) list = list.slice(1);
      expect([cache.size, cache.bytes]).toEqual([list.length, list.reduce((sum, entry) => sum + entry.bytes, 0)]);
    }
  }));
});
