import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_LAST_WORDS_BYTES } from './limits.ts';
import { OutputTail } from './output-tail.ts';

test('keeps the end of any output, whatever the pieces it comes in', () => {
  const unit = fc.constantFrom('a', 'ß', '語', '🌼', '\n', 'x'.repeat(500));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1 }), (units, sizes) => {
      const output = units.join('');
      const bytes = Buffer.from(output);
      const tail = new OutputTail();
      for (let start = 0, piece = 0; start < bytes.length; piece += 1) {
        const size = sizes[piece % sizes.length] as number;
        tail.push(bytes.subarray(start, start + size));
        start += size;
      }
      const kept = tail.text();
      if (bytes.length <= MAX_LAST_WORDS_BYTES) {
        expect(kept).toBe(output.trimEnd());
        return;
      }
      expect(kept.startsWith('…')).toBe(true);
      expect(output.trimEnd().endsWith(kept.slice(1))).toBe(true);
      expect(Buffer.byteLength(kept)).toBeGreaterThan(MAX_LAST_WORDS_BYTES - 8 - (output.length - output.trimEnd().length));
    }),
  );
});
