import fc from 'fast-check';
import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { nameFits } from './file-pattern.ts';

test('a name fits a part as an independent matcher says', () => {
  const unit = fc.constantFrom('a', 'b');
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '?', '*'), minLength: 1, maxLength: 8 }).map((text) => text.replace(/\*{2,}/g, '*'));
  fc.assert(
    fc.property(part, fc.string({ unit, minLength: 1, maxLength: 8 }), (pattern, name) => {
      expect(nameFits(pattern, name)).toBe(matchesGlob(name, pattern));
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern made to be slow is not', () => {
  const start = performance.now();
  expect(nameFits(`${'a*'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('a hidden name wants a dot', () => {
  expect([nameFits('*', '.x'), nameFits('?x', '.x'), nameFits('.*', '.x'), nameFits('.x', '.x')]).toEqual([false, false, true, true]);
});
