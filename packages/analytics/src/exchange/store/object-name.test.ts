import { array, assert as check, boolean, integer, nat, property, record, stringMatching, uint8Array } from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_OFFSET_NAME_BYTES } from '../limits.ts';
import { encodeLength, FrameListParser } from './frame-list.ts';
import { completeAttempts } from './list-directory.ts';
import { chooseLayout, decodeTrailerEntries, encodeTrailer, parseObjectName, printObjectName, TRAILER_ENTRY_BYTES } from './object-name.ts';

const sizes = array(integer({ min: 0, max: 5 * 2 ** 30 }), { minLength: 1, maxLength: 400 });

it('reads the names that it prints, and none is too long for S3', () => {
  const names = record({ producer: nat(100_000), attempt: stringMatching(/^[0-9a-f]{12}$/), sequence: nat(1_000), last: boolean(), layout: sizes.map(chooseLayout) });
  check(property(names, (name) => {
    const printed = printObjectName(name);
    expect(parseObjectName(`prefix/q/e1/${printed}`)).toEqual(name);
    expect(printed.length).toBeLessThan(MAX_OFFSET_NAME_BYTES + 40);
  }));
});

it('refuses other names', () => {
  for (const key of ['', 'q/e1/', 'q/e1/p1.none', 'q/e1/p1.ab.0.', 'q/e1/p1.ab.0.1--2', 'q/e1/px.ab.0.1']) {
    expect(() => parseObjectName(key)).toThrow('is no name of an exchange object');
  }
});

it('finds every part by the trailer', () => {
  check(property(sizes, (list) => {
    const trailer = encodeTrailer(list);
    let start = 0;
    list.forEach((size, consumer) => {
      const entries = trailer.subarray(consumer * TRAILER_ENTRY_BYTES, (consumer + 2) * TRAILER_ENTRY_BYTES);
      expect(decodeTrailerEntries(entries)).toEqual({ start, end: start + size });
      start += size;
    });
  }));
});

it('parses a part however it is cut into slices', () => {
  check(property(array(uint8Array({ minLength: 1, maxLength: 40 })), integer({ min: 1, max: 30 }), (frames, step) => {
    const bytes = Buffer.concat(frames.flatMap((frame) => [encodeLength(frame.byteLength), frame]));
    const parser = new FrameListParser('part');
    const parsed: number[][] = [];
    for (let at = 0; at < bytes.byteLength; at += step) {
      parser.push(bytes.subarray(at, at + step));
      for (let frame = parser.next(); frame !== null; frame = parser.next()) parsed.push([...frame]);
    }
    parser.end();
    expect(parsed).toEqual(frames.map((frame) => [...frame]));
  }));
});

it('notices a part that ends within a frame or holds an impossible one', () => {
  const parser = new FrameListParser('q/e1/p0, part 3,');
  parser.push(Uint8Array.of(5, 0, 0, 0, 1));
  expect(parser.next()).toBeNull();
  expect(() => parser.end()).toThrow('q/e1/p0, part 3, ends within a frame');
  const other = new FrameListParser('x');
  other.push(Uint8Array.of(255, 255, 255, 255));
  expect(() => other.next()).toThrow('holds a frame of 4294967295 bytes');
});

it('takes one whole attempt of each producer from a listing', () => {
  const keys = ['p0.aa.0z.1', 'p1.bb.0.1', 'p1.cc.0.1', 'p1.cc.1z.1', 'p2.none'].map((name) => `q/e1/${name}`);
  expect(completeAttempts(keys, 3)).toEqual([[keys[0]], [keys[2], keys[3]], []]);
  expect(completeAttempts(keys, 4)).toBeNull();
  expect(completeAttempts(keys.slice(0, 3), 2)).toBeNull();
});
