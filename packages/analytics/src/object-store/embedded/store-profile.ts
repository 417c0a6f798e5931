/**
 * How the embedded store behaves: as fast as it can, or like S3.
 *
 * `s3`: the time to the first byte is log-normal, with median 27 ms and 95th percentile 75 ms for reads, and
 * median 40 ms for writes, as published measurements have it; reads and writes of one prefix (a key's first
 * folder) beyond 5,500 and 3,500 a second get 503 SlowDown, as S3's documentation has it.
 */
import { randomFraction, type Random } from '@pappus/core';
import type { RequestKind } from '../request-counts.ts';

/** A log-normal distribution by two of its quantiles. */
export interface Latency {
  readonly medianMs: number;
  readonly p95Ms: number;
}

export interface StoreProfile {
  readonly name: string;
  /** To the first byte of an answer, by kind of request; absent is at once. */
  readonly latency: Partial<Readonly<Record<RequestKind, Latency>>>;
  /** For each prefix; null is unlimited. */
  readonly readsPerSecond: number | null;
  readonly writesPerSecond: number | null;
  /** For each connection; null is unlimited. S3 gives about 90 MB/s. */
  readonly bytesPerSecond: number | null;
}

export const STORE_PROFILES = ['none', 's3'] as const;
export type StoreProfileName = (typeof STORE_PROFILES)[number];

const READ: Latency = { medianMs: 27, p95Ms: 75 };
/** The spread of reads; only the median was published. */
const WRITE: Latency = { medianMs: 40, p95Ms: (40 * 75) / 27 };

export const storeProfiles: Readonly<Record<StoreProfileName, StoreProfile>> = {
  none: { name: 'none', latency: {}, readsPerSecond: null, writesPerSecond: null, bytesPerSecond: null },
  s3: {
    name: 's3',
    latency: { get: READ, head: READ, list: READ, put: WRITE, delete: WRITE },
    readsPerSecond: 5_500,
    writesPerSecond: 3_500,
    bytesPerSecond: null,
  },
};

/** The standard normal distribution's 95th percentile. */
const Z95 = 1.6449;

export function sampleLatencyMs(latency: Latency, random: Random): number {
  const sigma = Math.log(latency.p95Ms / latency.medianMs) / Z95;
  return latency.medianMs * Math.exp(sigma * standardNormal(random));
}

/** Box and Muller. */
function standardNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomFraction(random)));
  return radius * Math.cos(2 * Math.PI * randomFraction(random));
}

/** A token bucket that holds one second's worth. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #lastMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#lastMs = nowMs;
  }

  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((nowMs - this.#lastMs) / 1_000) * this.#perSecond);
    this.#lastMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

const MAX_PREFIXES = 10_000;

/** The limits of all prefixes. */
export class Throttle {
  readonly #profile: StoreProfile;
  readonly #limits = new Map<string, RateLimit>();

  constructor(profile: StoreProfile) {
    this.#profile = profile;
  }

  /** False when the request must be refused with SlowDown. */
  admit(kind: RequestKind, name: string, nowMs: number): boolean {
    const writes = kind === 'put' || kind === 'delete';
    const perSecond = writes ? this.#profile.writesPerSecond : this.#profile.readsPerSecond;
    if (perSecond === null) return true;
    const slot = `${writes ? 'w' : 'r'}:${name.split('/', 2).join('/')}`;
    let limit = this.#limits.get(slot);
    if (limit === undefined) {
      if (this.#limits.size >= MAX_PREFIXES) this.#limits.clear();
      this.#limits.set(slot, (limit = new RateLimit(perSecond, nowMs)));
    }
    return limit.take(nowMs);
  }
}
