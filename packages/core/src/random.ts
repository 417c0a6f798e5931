/** Randomness behind an interface. `systemRandom` is for secrets and ids, `seededRandom` for tests and jitter. */
import { assert } from './assert.ts';

export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number;
}

/** Words that are drawn at once: each draw is a system call, which costs a hundred times the word. */
const DRAWN_WORDS = 256;

export const systemRandom: Random = drawnInBlocks();

function drawnInBlocks(): Random {
  const words = new Uint32Array(DRAWN_WORDS);
  let left = 0;
  return {
    uint32() {
      if (left === 0) {
        crypto.getRandomValues(words);
        left = DRAWN_WORDS;
      }
      left -= 1;
      const word = words[left] as number;
      // What went into a secret is nowhere else.
      words[left] = 0;
      return word;
    },
  };
}

/** SplitMix32: small, fast, passes what a simulation needs. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    uint32() {
      state = (state + 0x9e37_79b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0_aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a_2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    },
  };
}

/** A number in [0, 1). */
export const randomFraction = (random: Random): number => random.uint32() / 0x1_0000_0000;

/** A whole number in [low, high]. */
export function randomInt(random: Random, low: number, high: number): number {
  assert(low <= high, `randomInt from ${low} to ${high}`);
  return low + Math.floor(randomFraction(random) * (high - low + 1));
}

/** `byteCount` random bytes as lower-case hexadecimal. */
export function randomHex(random: Random, byteCount: number): string {
  let hex = '';
  while (hex.length < byteCount * 2) hex += random.uint32().toString(16).padStart(8, '0');
  return hex.slice(0, byteCount * 2);
}
