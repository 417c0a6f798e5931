import { seededRandom } from '@pappus/core';
import { expect, it } from 'vitest';
import { sampleLatencyMs, storeProfiles, Throttle } from './store-profile.ts';

const SEED = 7;

it(`gives the published quantiles of S3 (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const quantiles = (kind: 'get' | 'put'): readonly number[] => {
    const latency = storeProfiles.s3.latency[kind];
    if (latency === undefined) return [];
    const samples = Array.from({ length: 20_001 }, () => sampleLatencyMs(latency, random)).sort((a, b) => a - b);
    return [samples[10_000] ?? 0, samples[19_000] ?? 0];
  };
  const [getMedian = 0, getP95 = 0] = quantiles('get');
  expect(getMedian).toBeGreaterThan(26);
  expect(getMedian).toBeLessThan(28);
  expect(getP95).toBeGreaterThan(72);
  expect(getP95).toBeLessThan(78);
  const [putMedian = 0] = quantiles('put');
  expect(putMedian).toBeGreaterThan(38.5);
  expect(putMedian).toBeLessThan(41.5);
});

it('refuses reads and writes of one prefix beyond their rates, and refills with time', () => {
  const throttle = new Throttle(storeProfiles.s3);
  const admitted = (kind: 'get' | 'put', name: string, nowMs: number): number => Array.from({ length: 10_000 }, () => throttle.admit(kind, name, nowMs)).filter(Boolean).length;
  expect(admitted('get', 'bucket/query/a', 0)).toBe(5_500);
  expect(admitted('get', 'bucket/query/b', 0)).toBe(0);
  expect(admitted('put', 'bucket/query/a', 0)).toBe(3_500);
  expect(admitted('get', 'bucket/other/a', 0)).toBe(5_500);
  expect(admitted('get', 'bucket/query/a', 500)).toBe(2_750);
});

it('never refuses without a profile', () => {
  const throttle = new Throttle(storeProfiles.none);
  expect(Array.from({ length: 10_000 }, () => throttle.admit('get', 'b/k', 0)).every(Boolean)).toBe(true);
});
