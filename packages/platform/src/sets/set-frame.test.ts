import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sets } from './item.ts';
import { itemNameProblem, setNameProblem } from './item-name.ts';
import { decodeSets, encodeSets, encodeSetsWhole, frameBytes } from './set-frame.ts';

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
