import { expect, test } from 'vitest';
import { compareWithNewInstances } from './testing/isolation-differential.ts';

const SEED = 1;

test('kept and pooled sandboxes answer as new instances do, on random modules', async () => {
  const counts = await compareWithNewInstances(SEED, 40, 12);
  expect(counts.runs).toBe(480);
  // Otherwise the generator has lost its point.
  expect(counts.traps).toBeGreaterThan(10);
  expect(counts.traps).toBeLessThan(300);
  expect(counts.reset).toBeGreaterThan(10);
});
