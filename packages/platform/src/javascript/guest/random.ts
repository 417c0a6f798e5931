/**
 * Randomness, for functions that declare it. The others keep the engine's `Math.random`, whose sequence is the same in
 * every run: libraries that shuffle or make temporary names work, and the same inputs give the same outputs.
 */
import type { Define, GuestHost, GuestPart, GuestSizes } from './guest-host.ts';

declare const host: GuestHost;
declare const sizes: GuestSizes;
declare const define: Define;

export class GuestRandom {
  #allowed = false;
  /** Doty-Humphrey's sfc32: 128 bits of state, passes PractRand. Null before the first use in a run. */
  #state: Uint32Array | null = null;

  constructor() {
    const take = (bytes: number): Uint8Array => this.#take(bytes);
    define('crypto', {
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
    });
  }

  /** At registration. */
  allow(): void {
    this.#allowed = true;
    const random = (): number => ((this.#next() >>> 5) * 0x400_0000 + (this.#next() >>> 6)) / 0x20_0000_0000_0000;
    Object.defineProperty(Math, 'random', { value: random, writable: true, configurable: true });
  }

  /** After the top level: what it used of a seed should not go on in every run. */
  forget(): void {
    this.#state = null;
  }

  #next(): number {
    const state = (this.#state ??= new Uint32Array(host.random(16).buffer));
    const [a = 0, b = 0, c = 0, count = 0] = state;
    const result = (a + b + count) >>> 0;
    state[3] = count + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + result;
    return result;
  }

  #take(bytes: number): Uint8Array {
    if (!this.#allowed) throw new Error('crypto has no randomness: declare the capability "random" when you deploy the function');
    if (bytes > sizes.randomBytes) throw new DOMException(`getRandomValues gives ${sizes.randomBytes} bytes at a time`, 'QuotaExceededError');
    return host.random(bytes);
  }
}

export const randomParts: readonly GuestPart[] = [GuestRandom];
