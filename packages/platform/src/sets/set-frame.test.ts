import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sets } from './item.ts';
import { itemNameProblem, setNameProblem } from './item-name.ts';
import { decodeSets, encodeSets, encodeSetsWhole, frameBytes } from './set-frame.ts';
import { decodeFrames, readFrames } from './set-frames.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => itemNameProblem(text) === null && setNameProblem(text) === null);
const data = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 4_000, max: 5_000 }).map((length) => new Uint8Array(length).fill(length)));
const item = fc.record({ name, key: fc.nat(0xffff_ffff), data });
const anySets: fc.Arbitrary<Sets> = fc.array(fc.record({ name, items: fc.array(item, { maxLength: 6 }) }), { maxLength: 5 });

const plain = (sets: Sets): unknown => sets.map((set) => [set.name, set.items.map((each) => [each.name, each.key, Buffer.from(each.data).toString('hex')])]);

describe('set frames', () => {
  test('decode gives what was encoded', () => {
    fc.assert(fc.property(anySets, (sets) => {
      expect(plain(decodeSets(Buffer.concat(encodeSets(sets))))).toEqual(plain(sets));
    }));
  });

  test('the head tells the length of the frame, and nothing before it is complete', () => {
    fc.assert(fc.property(anySets, (sets) => {
      const frame = encodeSetsWhole(sets);
      const head = Buffer.from(frame).readUInt32LE(4);
      expect(frameBytes(frame.subarray(0, head))).toBe(frame.length);
      expect(frameBytes(frame.subarray(0, head - 1))).toBeNull();
    }));
  });

  test('big items travel as they are, small ones together with the head', () => {
    const big = new Uint8Array(10_000).fill(1);
    const small = new Uint8Array(3).fill(2);
    const items = [small, big, small, small].map((bytes, key) => ({ name: `i${key}`, key, data: bytes }));
    const buffers = encodeSets([{ name: 's', items }]);
    expect(buffers).toHaveLength(3);
    expect(buffers[1]).toBe(big);
  });

  test('decoding copies nothing', () => {
    const frame = encodeSetsWhole([{ name: 's', items: [{ name: 'i', key: 0, data: new Uint8Array([1]) }] }]);
    frame[frame.length - 1] = 9;
    expect(decodeSets(frame)[0]?.items[0]?.data[0]).toBe(9);
    const [first] = decodeSets(frame);
    frame[frame.length - 1] = 8;
    expect(first?.items[0]?.data[0]).toBe(8);
  });

  test('garbage is corrupt data and nothing else', () => {
    const rejects = (bytes: Uint8Array): void => {
      try {
        decodeSets(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AppError);
        expect((thrown as AppError).code).toBe('corrupt-data');
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), rejects));
    const flips = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(anySets, flips, (sets, changes) => {
      const frame = Uint8Array.from(encodeSetsWhole(sets));
      for (const { at, to } of changes) frame[at % frame.length] = to;
      rejects(frame);
    }), { numRuns: 500 });
  });

  test.each([1, 5, 15, 16, 30])('a frame without its last %i bytes is corrupt', (missing) => {
    const frame = encodeSetsWhole([{ name: 'set', items: [{ name: 'item', key: 7, data: new Uint8Array(20) }] }]);
    expect(() => decodeSets(frame.subarray(0, frame.length - missing))).toThrow(AppError);
    expect(() => decodeSets(Buffer.concat([frame, new Uint8Array(missing)]))).toThrow(AppError);
  });

  test.each(['../x', 'a//b', '/a', 'a/', '.', 'a/../b', 'nul\0', 'x'.repeat(300)])('a frame with the item name %j is corrupt', (bad) => {
    const frame = encodeSetsWhole([{ name: 'set', items: [{ name: bad, key: 0, data: new Uint8Array() }] }]);
    expect(() => decodeSets(frame)).toThrow(/bad name/);
  });
});

describe('frames one behind the other', () => {
  const frames = (sizes: readonly number[]): Buffer => Buffer.concat(sizes.map((items) => encodeSetsWhole([{ name: 's', items: Array.from({ length: items }, (_, key) => ({ name: `i${key}`, key, data: Buffer.from('x') })) }])));

  /** Nothing is reserved for what is too much. */
  async function read(bytes: Buffer, maxItems: number): Promise<number> {
    let at = 0;
    const next = async (count: number): Promise<Uint8Array> => bytes.subarray(at, (at += count));
    let items = 0;
    for await (const found of readFrames({ take: next, gather: next, gatherPieces: async (count) => [await next(count)] }, maxItems)) if (found.kind === 'item') items += 1;
    return items;
  }

  test('have a bound on their items, and on themselves, whole and as they arrive', async () => {
    for (const sizes of [[4], [2, 2], [1, 1, 1, 1], [3, 0], [0, 0, 0, 0]]) {
      const items = sizes.reduce((sum, size) => sum + size, 0);
      expect(decodeFrames(frames(sizes), 4)[0]?.items).toHaveLength(items);
      expect(await read(frames(sizes), 4)).toBe(items);
      expect(() => decodeFrames(frames([...sizes, 0]), 4)).toThrow(/more than 4 items/);
      await expect(read(frames([...sizes, 1]), 4)).rejects.toThrow(/more than 4 items/);
    }
  });

  test('say in their first bytes that they have too many, and nothing else of them is looked at', async () => {
    const fixed = frames([5]).subarray(0, 16);
    expect(() => decodeFrames(fixed, 4)).toThrow(/more than 4 items/);
    await expect(read(fixed, 4)).rejects.toThrow(/more than 4 items/);
  });

  test('have no longer head than their sets and items can need', async () => {
    const fixed = Buffer.from(frames([1]).subarray(0, 16));
    fixed.writeUInt32LE(100_000_000, 4);
    expect(() => decodeFrames(fixed, 4)).toThrow(/a head of 100000000 bytes/);
    await expect(read(fixed, 4)).rejects.toThrow(/a head of 100000000 bytes/);
  });
});
