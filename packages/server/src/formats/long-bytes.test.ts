import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOINED_BYTES, KEPT_PIECE_BYTES } from '../limits.ts';
import { BytesInOne, BytesInPieces, type LongBytes } from './long-bytes.ts';

const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: KEPT_PIECE_BYTES - 1 }), fc.integer({ min: KEPT_PIECE_BYTES, max: JOINED_BYTES + 9 })), { minLength: 1, maxLength: 40 });

/** Takes chunks of these lengths, each with memory of its own; gives what was sent. */
function fed(target: LongBytes, chunkLengths: readonly number[]): Buffer {
  const sent = chunkLengths.map((length, index) => Buffer.from(Uint8Array.from({ length }, (_, at) => index * 31 + at).buffer));
  for (const chunk of sent) target.take(chunk);
  return Buffer.concat(sent);
}

describe.each([['one', (length: number) => new BytesInOne(length)], ['pieces', (length: number) => new BytesInPieces(length)]] as const)('bytes in %s', (_, make) => {
  it('are those that came, up to the length', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: -70_000, max: 70_000 }), (chunkLengths, more) => {
        const length = Math.max(1, chunkLengths.reduce((sum, each) => sum + each, 0) + more);
        const target = make(length);
        const sent = fed(target, chunkLengths);
        const ended = target.end();
        const kept = Array.isArray(ended) ? Buffer.concat(ended) : (ended as Buffer);
        expect(kept.equals(sent.subarray(0, length))).toBe(true);
        expect([target.filled, target.isFull]).toEqual([kept.length, sent.length >= length]);
      }),
    );
  });
});

describe('pieces', () => {
  it('hold little more memory than their bytes, in whatever chunks these came', () => {
    fc.assert(
      fc.property(lengths, (chunkLengths) => {
        const target = new BytesInPieces(Number.MAX_SAFE_INTEGER);
        const sent = fed(target, chunkLengths);
        const pieces = target.end();
        expect(pieces.reduce((sum, piece) => sum + piece.buffer.byteLength, 0)).toBe(sent.length);
        expect(pieces.length).toBeLessThanOrEqual(2 * Math.ceil(sent.length / KEPT_PIECE_BYTES) + 1);
      }),
    );
  });

  it('that are long are not copied', () => {
    const chunk = Buffer.allocUnsafeSlow(KEPT_PIECE_BYTES);
    const target = new BytesInPieces(2 * KEPT_PIECE_BYTES);
    target.take(chunk);
    expect(target.end()[0]?.buffer).toBe(chunk.buffer);
  });
});
