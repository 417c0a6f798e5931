import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item } from './item.ts';
import { PiecedItem } from './pieced-item.ts';
import { decodeSets, encodeSets, encodeSetsWhole, lengthOf } from './set-frame.ts';

const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 2_000, max: 6_000 }).map((length) => new Uint8Array(length).fill(length)));
const named = fc.record({ name: fc.constantFrom('a', 'b/c', 'ä'), key: fc.nat(9) });
const pieced = fc.tuple(named, fc.array(piece, { maxLength: 5 }));

test('an item in pieces has the same frame as one in one piece', () => {
  fc.assert(
    fc.property(fc.array(pieced, { maxLength: 4 }), (given) => {
      const inPieces: Item[] = given.map(([item, pieces]) => new PiecedItem(item, pieces));
      const whole = given.map(([item, pieces]): Item => ({ ...item, data: Buffer.concat(pieces) }));
      const frame = encodeSetsWhole([{ name: 'set', items: whole }]);
      const parts = encodeSets([{ name: 'set', items: inPieces }]);
      expect(lengthOf(parts)).toBe(frame.length);
      expect(Buffer.concat(parts).equals(frame)).toBe(true);
      expect(decodeSets(Buffer.concat(parts))[0]?.items.map(({ data }) => Buffer.from(data))).toEqual(whole.map(({ data }) => data));
    }),
  );
});

test('an item in pieces is put together once, and can be put anywhere', () => {
  fc.assert(
    fc.property(pieced, ([item, pieces]) => {
      const whole = Buffer.concat(pieces);
      const tested = new PiecedItem(item, pieces);
      const target = Buffer.alloc(whole.length + 2, 1);
      tested.copyTo(target.subarray(1, -1));
      expect(target).toEqual(Buffer.concat([Buffer.of(1), whole, Buffer.of(1)]));
      expect(tested.bytes).toBe(whole.length);
      expect(Buffer.from(tested.data)).toEqual(whole);
      expect(tested.data).toBe(tested.data);
      expect(tested.pieces()).toEqual([tested.data]);
    }),
  );
});
