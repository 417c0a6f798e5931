/**
 * dbgen's random numbers: the Lehmer generator seed' = seed * 16807 mod (2^31 - 1), one stream per column.
 * Every table row may use a fixed number of values of each stream, so that the stream of row n is found
 * in O(log n) steps without generating the rows before it.
 *
 * Source of the constants and of the rounding: TPC-H specification, appendix D (dbgen: rnd.c, rnd.h, speed_seed.c).
 */
import { assert } from '@pappus/core';

const MULTIPLIER = 16_807;
export const MODULUS = 0x7fff_ffff;

/**
 * One step of the generator in 32-bit integer arithmetic: the 46-bit product is put together from two halves
 * and reduced by 2^31 = 1 (mod 2^31 - 1), which V8 compiles to a handful of integer instructions.
 */
export function nextSeed(seed: number): number {
  const high = Math.imul(MULTIPLIER, seed >>> 16);
  const low = Math.imul(MULTIPLIER, seed & 0xffff);
  const sum = (low + ((high & 0x7fff) << 16) + (high >>> 15)) | 0;
  return (sum & MODULUS) + (sum >>> 31);
}

/** a * b mod (2^31 - 1) for 31-bit factors: every intermediate stays below 2^53. */
export function multiplyMod(a: number, b: number): number {
  const high = ((a >>> 16) * b) % MODULUS;
  return (high * 0x1_0000 + (a & 0xffff) * b) % MODULUS;
}

/** The seed after `count` steps, in O(log count). */
export function advanceSeed(seed: number, count: number): number {
  assert(Number.isSafeInteger(count) && count >= 0, `advance by ${count} steps`);
  let result = seed;
  let power = MULTIPLIER;
  for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiplyMod(result, power);
    power = multiplyMod(power, power);
  }
  return result;
}

/** Up to this many unused values, stepping over them is faster than jumping. */
const STEP_LIMIT = 16;

/** One column's stream. */
export class Stream {
  private seed: number;
  private used = 0;
  private readonly usesPerRow: number;

  /** `firstRow` counts from 0; a row may take `usesPerRow` values. */
  constructor(seed: number, usesPerRow: number, firstRow: number) {
    this.seed = advanceSeed(seed, usesPerRow * firstRow);
    this.usesPerRow = usesPerRow;
  }

  /**
   * The next number in [low, low + range). dbgen divides first and multiplies then, in doubles, and truncates;
   * a negative range is what its "any 32 bits" becomes by overflow.
   */
  next(low: number, range: number): number {
    const seed = nextSeed(this.seed);
    this.seed = seed;
    this.used++;
    return low + (((seed / MODULUS) * range) | 0);
  }

  /** Goes to the first value of the next row. */
  endRow(): void {
    const unused = this.usesPerRow - this.used;
    if (unused > STEP_LIMIT) this.seed = advanceSeed(this.seed, unused);
    else for (let step = 0; step < unused; step++) this.seed = nextSeed(this.seed);
    this.used = 0;
  }
}
