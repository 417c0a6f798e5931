import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteBudget } from '../byte-budget.ts';
import { ResponseBuffer } from './response-buffer.ts';

test('what was put in comes out, and the budget gets everything back', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 30 }), fc.nat({ max: 200_000 }), (chunks, announced) => {
      const budget = byteBudget(10_000_000);
      const buffer = new ResponseBuffer(budget);
      expect(buffer.start(Buffer.from('head'), announced)).toBe(true);
      for (const chunk of chunks) expect(buffer.append(Buffer.from(chunk))).toBe(true);
      const whole = buffer.finish();
      buffer.release();
      expect(Buffer.from(whole).equals(Buffer.concat([Buffer.from('head'), ...chunks]))).toBe(true);
      expect(budget.take(10_000_000)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('single bytes cost no more than twice what they are', () => {
  const budget = byteBudget(2_048);
  const buffer = new ResponseBuffer(budget);
  buffer.start(Buffer.from('h'), 0);
  for (let index = 0; index < 1_000; index++) expect(buffer.append(Buffer.from('x'))).toBe(true);
  expect(buffer.finish().length).toBe(1_001);
});

test('an announcement alone reserves only the first piece', () => {
  const budget = byteBudget(100_000);
  expect(new ResponseBuffer(budget).start(Buffer.from('h'), 10 ** 9)).toBe(true);
  expect(budget.take(40_000)).toBe(false);
  expect(budget.take(30_000)).toBe(true);
});

test('the budget may be used to its last byte', () => {
  const buffer = new ResponseBuffer(byteBudget(1_000));
  buffer.start(Buffer.alloc(100), 0);
  expect(buffer.append(Buffer.alloc(900))).toBe(true);
  expect(buffer.append(Buffer.alloc(1))).toBe(false);
});
