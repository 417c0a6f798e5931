/** Bytes to put before the module loader: noise, noise in sections, good modules and good ones that were damaged. */
import { randomInt, seededRandom, type Random } from '@pappus/core';
import { damage } from '@pappus/testkit';
import fc from 'fast-check';
import { u32Bytes } from '../byte-reader.ts';
import { structuredModule } from './structured-module.ts';

const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const MAX_PIECE = 20;
const seed = fc.nat({ max: 0x7fff_ffff });

export const randomBytes: fc.Arbitrary<Uint8Array> = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 200 })).map(([headed, bytes]) => (headed ? Uint8Array.from([...HEADER, ...bytes]) : bytes));

/** Sections of the right sizes around noise. */
export const randomSections: fc.Arbitrary<Uint8Array> = fc.array(fc.tuple(fc.nat({ max: 14 }), fc.uint8Array({ maxLength: 30 })), { maxLength: 8 }).map((sections) =>
  Uint8Array.from([...HEADER, ...sections.flatMap(([id, content]) => [id, ...u32Bytes(content.length), ...content])]),
);

export const structured: fc.Arbitrary<Uint8Array> = seed.map((from) => structuredModule(seededRandom(from)));

/** Good modules with bytes changed, taken out, put in or doubled, cut off, or with a section of another module. */
export const damaged = (modules: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.oneof(fc.constantFrom(...modules), structured), fc.constantFrom(...modules), seed).map(([code, other, from]) => {
    const random = seededRandom(from);
    let bytes: Buffer = Buffer.from(code);
    for (let changes = randomInt(random, 1, 6); changes > 0; changes--) bytes = changed(bytes, other, random);
    return bytes;
  });

/** Now and then a section of another module, else a piece of one. */
function changed(bytes: Buffer, other: Uint8Array, random: Random): Buffer {
  if (randomInt(random, 0, 9) === 0) return otherSection(bytes, other, random);
  const foreign = (): Uint8Array => {
    const from = randomInt(random, 0, other.length);
    return other.subarray(from, from + randomInt(random, 1, MAX_PIECE));
  };
  return damage(bytes, { maxPiece: MAX_PIECE, headBytes: 64, foreign }, random);
}

/** A section of `bytes` makes room for one of `other`. */
function otherSection(bytes: Buffer, other: Uint8Array, random: Random): Buffer {
  const own = sectionsOf(bytes);
  const others = sectionsOf(other);
  const [from, to] = own[randomInt(random, 0, Math.max(0, own.length - 1))] ?? [8, 8];
  const [otherFrom, otherTo] = others[randomInt(random, 0, Math.max(0, others.length - 1))] ?? [8, 8];
  return Buffer.concat([bytes.subarray(0, from), other.subarray(otherFrom, otherTo), bytes.subarray(to)]);
}

/** Where sections begin and end, as far as their sizes make sense. */
function sectionsOf(bytes: Uint8Array): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  let at = HEADER.length;
  while (at + 1 < bytes.length) {
    let end = at + 1;
    let size = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[end++] ?? 0;
      size += (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (end + size > bytes.length) break;
    found.push([at, end + size]);
    at = end + size;
  }
  return found;
}
