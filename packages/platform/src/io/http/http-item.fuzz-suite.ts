/** The HTTP-item parser under fuzz for as long as one likes: FUZZ_SECONDS, ten minutes without it, shared by what is checked. */
import fc, { type IProperty } from 'fast-check';
import { test } from 'vitest';
import { garbageProperty, requestRoundTrip, responseRoundTrip } from '../testing/http-item-properties.ts';

const limitMs = (Number(process.env['FUZZ_SECONDS'] ?? 600) * 1_000) / 3;

function fuzz<T>(property: IProperty<T>): void {
  fc.assert(property, { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false });
}

const timeout = limitMs * 2 + 60_000;

test('garbage is named in one line or read as what it prints as', { timeout }, () => fuzz(garbageProperty));

test('printing and reading requests are inverse', { timeout }, () => fuzz(requestRoundTrip));

test('printing and reading responses are inverse', { timeout }, () => fuzz(responseRoundTrip));
