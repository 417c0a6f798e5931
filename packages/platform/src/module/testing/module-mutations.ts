/** Bytes to put before the module loader: noise, noise in sections, good modules and good ones that were damaged. */
import { randomInt, seededRandom, type Random } from '@pappus/core';
import fc from 'fast-check';
import { u32Bytes } from '../byte-reader.ts';
import { structuredModule } from './structured-module.ts';

const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
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
    for (let changes = randomInt(random, 1, 6); changes > 0; changes--) bytes = damage(bytes, other, random);
    return bytes;
  });

function damage(bytes: Buffer, other: Uint8Array, random: Random): Buffer {
  const at = randomInt(random, 0, bytes.length);
  const length = Math.min(randomInt(random, 1, 20), bytes.length - at);
  const piece = bytes.subarray(at, at + length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)];
  switch (randomInt(random, 0, 9)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, piece, piece, after]);
    case 3: {
      const from = randomInt(random, 0, other.length);
      return Buffer.concat([before, other.subarray(from, from + length), after]);
    }
    case 4:
      return otherSection(bytes, other, random);
    default: {
      // The usual case: a byte, or one bit of it.
      const copy = Buffer.from(bytes);
      const index = Math.min(at, copy.length - 1);
      if (index >= 0) copy[index] = randomInt(random, 0, 1) === 0 ? randomInt(random, 0, 255) : (copy[index] ?? 0) ^ (1 << randomInt(random, 0, 7));
      return copy;
    }
  }
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
