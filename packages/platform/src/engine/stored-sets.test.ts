import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOfItem, FarItem } from '../sets/far-item.ts';
import type { Sets } from '../sets/item.ts';
import { encodeSetsWhole } from '../sets/set-frame.ts';
import { SHARE_FROM_BYTES } from './limits.ts';
import { storedSets, type SharedBytes } from './stored-sets.ts';

/** What an earlier task has left in the file. */
const OLD = 0xee;
const AT = 512;

/** A file with one frame amid old bytes; one buffer serves all reads, as on a thread. */
function fileWith(frame: Uint8Array): SharedBytes {
  const file = Buffer.alloc(AT + frame.length + 100_000, OLD);
  file.set(frame, AT);
  const buffer = Buffer.alloc(file.length);
  return {
    readShared: (at, bytes) => {
      file.copy(buffer, 0, at, at + bytes);
      return buffer.subarray(0, bytes);
    },
    readSharedInto: (at, target) => void file.copy(target, 0, at, at + target.length),
  };
}

const data = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) },
  { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.nat(0xdd)).map(([more, byte]) => new Uint8Array(SHARE_FROM_BYTES + more).fill(byte)) },
);
const item = fc.record({ name: fc.string({ unit: fc.constantFrom('a', 'ä'), minLength: 1, maxLength: 90 }), key: fc.nat(), data });
const sets: fc.Arbitrary<Sets> = fc.subarray(['a', 'b', 'c']).chain((names) => fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), items: fc.array(item, { maxLength: 4 }) }))));

describe('sets in the shared file', () => {
  test('have the items that were sent, and nothing of what lay there before', () => {
    fc.assert(
      fc.property(sets, (sent) => {
        const frame = encodeSetsWhole(sent);
        const stored = storedSets(fileWith(frame), AT, frame.length);
        expect(stored.map(({ name }) => name)).toEqual(sent.map(({ name }) => name));
        stored.forEach(({ items }, set) => {
          const expected = sent[set]?.items ?? [];
          expect(items.map(({ name, key }) => [name, key])).toEqual(expected.map(({ name, key }) => [name, key]));
          items.forEach((found, index) => {
            const whole = Buffer.from(expected[index]?.data ?? []);
            expect(bytesOfItem(found)).toBe(whole.length);
            if (found instanceof FarItem) {
              const guest = Buffer.alloc(whole.length + 64);
              found.copyTo(guest.subarray(32, 32 + whole.length));
              expect(Buffer.concat([Buffer.alloc(32), whole, Buffer.alloc(32)]).equals(guest)).toBe(true);
            }
            expect(Buffer.from(found.data).equals(whole)).toBe(true);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  test('that are few and long are read when they are wanted', () => {
    const long = { name: 'long', key: 0, data: new Uint8Array(SHARE_FROM_BYTES) };
    const frame = encodeSetsWhole([{ name: 'a', items: [long, long] }]);
    expect(storedSets(fileWith(frame), AT, frame.length)[0]?.items.every((each) => each instanceof FarItem)).toBe(true);
    const mixed = encodeSetsWhole([{ name: 'a', items: [long, ...Array.from({ length: 9 }, (_, key) => ({ name: 'short', key, data: new Uint8Array(9) }))] }]);
    expect(storedSets(fileWith(mixed), AT, mixed.length)[0]?.items.some((each) => each instanceof FarItem)).toBe(false);
  });

  test('that are no frame, or one of another length, are corrupt', () => {
    const frame = encodeSetsWhole([{ name: 'a', items: [{ name: 'long', key: 0, data: new Uint8Array(SHARE_FROM_BYTES) }] }]);
    const code = (bytes: number, broken: Uint8Array = frame): unknown => {
      try {
        return storedSets(fileWith(broken), AT, bytes);
      } catch (thrown) {
        return thrown instanceof AppError ? thrown.code : thrown;
      }
    };
    for (const bytes of [0, 3, 20, frame.length - 1, frame.length + 1]) expect(code(bytes)).toBe('corrupt-data');
    expect(code(frame.length, Buffer.alloc(frame.length, OLD))).toBe('corrupt-data');
  });
});
