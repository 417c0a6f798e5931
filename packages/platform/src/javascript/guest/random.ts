/**
 * Randomness, for functions that declare it. The others keep the engine's `Math.random`, whose sequence is the same in
 * every run: libraries that shuffle or make temporary names work, and the same inputs give the same outputs.
 */
import type { Define, GuestHost } from './guest-host.ts';

export interface GuestRandom {
  /** At registration. */
  allow(): void;
  /** At the start of each run: a snapshot holds what the top level used of the last seed. */
  reseed(): void;
}

export function installRandom(host: GuestHost, define: Define): GuestRandom {
  const MAX_BYTES = 65_536;
  let allowed = false;
  let state: Uint32Array | null = null;

  /** Doty-Humphrey's sfc32: 128 bits of state, passes PractRand. */
  const next = (s: Uint32Array): number => {
    const [a = 0, b = 0, c = 0, count = 0] = s;
    const result = (a + b + count) >>> 0;
    s[3] = count + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + result;
    return result;
  };
  const random = (): number => {
    state ??= new Uint32Array(host.random(16).buffer);
    return ((next(state) >>> 5) * 0x400_0000 + (next(state) >>> 6)) / 0x20_0000_0000_0000;
  };

  const take = (bytes: number): Uint8Array => {
    if (!allowed) throw new Error('crypto has no randomness: declare the capability "random" when you deploy the function');
    if (bytes > MAX_BYTES) throw new DOMException(`getRandomValues gives ${MAX_BYTES} bytes at a time`, 'QuotaExceededError');
    return host.random(bytes);
  };
  const crypto = {
    getRandomValues<T extends ArrayBufferView>(array: T): T {
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(take(array.byteLength));
      return array;
    },
    randomUUID(): string {
      const bytes = take(16);
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
    get subtle(): never {
      throw new Error('crypto.subtle is not there: bundle a library that computes hashes and ciphers itself');
    },
  };
  define('crypto', crypto);

  return {
    allow() {
      allowed = true;
      Object.defineProperty(Math, 'random', { value: random, writable: true, configurable: true });
    },
    reseed() {
      state = null;
    },
  };
}
