import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOINED_BYTES, KEPT_PIECE_BYTES } from '../limits.ts';
import { BytesInOne, BytesInPieces, type LongBytes } from './long-bytes.ts';

const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: KEPT_PIECE_BYTES - 1 }), fc.integer({ min: KEPT_PIECE_BYTES, max: JOINED_BYTES + 9 })), { minLength: 1, maxLength: 40 });

/** Gets chunks of these lengths, each with memory of its own, as long as there is room; gives what was sent. */
function fed(target: LongBytes, chunkLengths: readonly number[]): Buffer {
  const sent = chunkLengths.map((length, index) => Buffer.from(Uint8Array.from({ length }, (_, at) => index * 31 + at).buffer));
  for (const chunk of sent) if (target.left > 0) target.append(chunk.subarray(0, target.left));
  return Buffer.concat(sent);
}

describe.each([['one', (length: number) => new BytesInOne(length)], ['pieces', (length: number) => new BytesInPieces(length)]] as const)('bytes in %s', (_, make) => {
  it('are those that came, up to the length', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: -70_000, max: 70_000 }), (chunkLengths, more) => {
        const length = Math.max(1, chunkLengths.reduce((sum, each) => sum + each, 0) + more);
        const target = make(length);
        const sent = fed(target, chunkLengths);
        const kept = target instanceof BytesInOne ? target.end() : Buffer.concat(target.pieces);
        expect(kept.equals(sent.subarray(0, length))).toBe(true);
        expect([target.left, target.isFull]).toEqual([length - kept.length, sent.length >= length]);
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
        const { pieces } = target;
        expect(pieces.reduce((sum, piece) => sum + piece.buffer.byteLength, 0)).toBe(sent.length);
        expect(pieces.length).toBeLessThanOrEqual(2 * Math.ceil(sent.length / KEPT_PIECE_BYTES) + 1);
      }),
    );
  });

  it('that are long are not copied', () => {
    const chunk = Buffer.allocUnsafeSlow(KEPT_PIECE_BYTES);
    const target = new BytesInPieces(2 * KEPT_PIECE_BYTES);
    target.append(chunk);
    expect(target.pieces[0]?.buffer).toBe(chunk.buffer);
  });
});
