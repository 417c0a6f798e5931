/** Damaged input for parsers: bytes cut off, taken out, doubled, put in from somewhere else, or changed. */
import { randomInt, type Random } from '@pappus/core';

export interface Damage {
  /** The longest piece that is taken out or doubled. */
  readonly maxPiece: number;
  /** Half of the changed bytes are among so many first ones, where heads are. */
  readonly headBytes: number;
  /** What is put in. */
  readonly foreign: (random: Random) => Uint8Array;
}

/** A damaged copy; changed bytes, or single bits of them, are the usual case. */
export function damage(bytes: Buffer, { maxPiece, headBytes, foreign }: Damage, random: Random): Buffer {
  const at = randomInt(random, 0, bytes.length);
  const length = Math.min(randomInt(random, 1, maxPiece), bytes.length - at);
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (randomInt(random, 0, 7)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, piece, piece, after]);
    case 3:
      return Buffer.concat([before, foreign(random), after]);
    default:
      return withOtherByte(bytes, headBytes, random);
  }
}

function withOtherByte(bytes: Buffer, headBytes: number, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const end = randomInt(random, 0, 1) === 0 ? Math.min(copy.length, headBytes) : copy.length;
  const index = randomInt(random, 0, end - 1);
  copy[index] = randomInt(random, 0, 1) === 0 ? randomInt(random, 0, 255) : (copy[index] ?? 0) ^ (1 << randomInt(random, 0, 7));
  return copy;
}
