import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceSeed, MODULUS, multiplyMod, nextSeed, Stream } from './lcg.ts';

const seeds = fc.integer({ min: 1, max: MODULUS - 1 });

describe('the Lehmer generator', () => {
  it('steps exactly as big integers do', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(nextSeed(seed)).toBe(Number((BigInt(seed) * 16_807n) % BigInt(MODULUS)));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives Park and Miller's 10,000th number", () => {
    let seed = 1;
    for (let step = 0; step < 10_000; step++) seed = nextSeed(seed);
    expect(seed).toBe(1_043_618_065);
  });

  it('multiplies exactly as big integers do', () => {
    fc.assert(
      fc.property(seeds, seeds, (a, b) => {
        expect(multiplyMod(a, b)).toBe(Number((BigInt(a) * BigInt(b)) % BigInt(MODULUS)));
      }),
      { numRuns: 1000 },
    );
  });

  it('advances by n as by n steps', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 5000 }), (seed, count) => {
        let stepped = seed;
        for (let step = 0; step < count; step++) stepped = nextSeed(stepped);
        expect(advanceSeed(seed, count)).toBe(stepped);
      }),
    );
  });

  it('advances by a sum as by its parts, however far', () => {
    const far = fc.integer({ min: 0, max: 2 ** 50 });
    fc.assert(
      fc.property(seeds, far, far, (seed, a, b) => {
        expect(advanceSeed(seed, a + b)).toBe(advanceSeed(advanceSeed(seed, a), b));
      }),
    );
  });
});

describe('a stream', () => {
  it('is at the same value at row n, whether it started there or came there', () => {
    const uses = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(seeds, uses, fc.integer({ min: 0, max: 30 }), fc.infiniteStream(fc.nat(100)), (seed, usesPerRow, row, used) => {
        const walking = new Stream(seed, usesPerRow, 0);
        for (let index = 0; index < row; index++) {
          const count = (used.next().value as number) % (usesPerRow + 1);
          for (let use = 0; use < count; use++) walking.next(0, 10);
          walking.endRow();
        }
        expect(walking.next(0, MODULUS)).toBe(new Stream(seed, usesPerRow, row).next(0, MODULUS));
      }),
    );
  });
});
