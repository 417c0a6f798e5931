import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputBudget } from '../output-budget.ts';
import { testSpec } from '../testing/assemble.ts';
import { OutputFile } from './output-file.ts';

const budgetOf = (outputBytes: number): OutputBudget => {
  const budget = new OutputBudget({ ...testSpec().limits, outputBytes });
  budget.begin();
  return budget;
};
/** What the file keeps alive. */
const heldBy = (file: OutputFile): number => file.content.buffer.byteLength;
/** A small first write shares a slab of a little more than the pool's size. */
const SLAB_BYTES = 2 * Buffer.poolSize;

const size = fc.nat(200_000);
const step = fc.oneof(
  fc.record({ resize: size }),
  fc.record({ at: size, data: fc.tuple(size, fc.integer({ min: 1, max: 255 })).map(([length, byte]) => Buffer.alloc(length, byte)) }),
);

test('is what a plain buffer would be, and holds at most twice of what it has', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
    const file = new OutputFile(budgetOf(1_000_000));
    let model: Buffer = Buffer.alloc(0);
    for (const each of steps) {
      const end = 'resize' in each ? each.resize : each.at + each.data.length;
      if ('resize' in each) model = Buffer.concat([model.subarray(0, end), Buffer.alloc(Math.max(0, end - model.length))]);
      else if (each.data.length > 0) {
        model = Buffer.concat([model, Buffer.alloc(Math.max(0, end - model.length))]);
        model.set(each.data, each.at);
      }
      if ('resize' in each) file.resize(end);
      else if (each.data.length > 0) file.write(each.at, each.data);
      expect(Buffer.compare(file.content, model)).toBe(0);
      expect(heldBy(file)).toBeLessThanOrEqual(Math.max(2 * file.size, SLAB_BYTES));
    }
  }), { numRuns: 200 });
});

test('gives memory back when it is made shorter', () => {
  const budget = budgetOf(10_000_000);
  const files = Array.from({ length: 20 }, () => {
    const file = new OutputFile(budget);
    file.resize(9_000_000);
    file.resize(1);
    return file;
  });
  expect(files.reduce((sum, file) => sum + heldBy(file), 0)).toBeLessThan(20 * SLAB_BYTES);
});

test('of a byte does not keep the memory of files that are gone', () => {
  const budget = budgetOf(10_000_000);
  const files = Array.from({ length: 200 }, () => {
    for (let gone = 0; gone < 4; gone++) {
      const file = new OutputFile(budget);
      file.write(0, Buffer.alloc(20_000));
      file.linked = false;
      file.settle();
    }
    const file = new OutputFile(budget);
    file.write(0, Buffer.from('x'));
    return file;
  });
  const held = new Set(files.map((file) => file.content.buffer));
  expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(4 * SLAB_BYTES);
});

test('shows no byte that it has not cleared, wherever the stack ends', () => {
  let shown = 0;
  for (let round = 0; round < 8; round++) {
    const file = new OutputFile(budgetOf(1 << 28));
    file.write(0, Buffer.alloc(100_000, 0x2e));
    file.write(100_000, Buffer.from('.'));
    let done = false;
    const resize = (): void => {
      try {
        file.resize(200_000);
        done = true;
      } catch {
        if (file.size === 200_000) shown += 1;
      }
    };
    const recurse = (): void => {
      try {
        recurse();
      } catch {}
      if (!done) resize();
    };
    try {
      recurse();
    } catch {}
    expect(file.size).toBe(200_000);
  }
  expect(shown).toBe(0);
});
