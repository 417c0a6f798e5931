import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeSpans, planReads, subtractSpans, type Span } from './fetch-ranges.ts';

const SIZE = 200;
const spans = fc.array(fc.tuple(fc.nat(SIZE), fc.nat(30)).map(([start, length]): Span => ({ start, end: Math.min(SIZE, start + length) })), { maxLength: 12 });
const bytesOf = (list: readonly Span[]): Set<number> => new Set(list.flatMap(({ start, end }) => Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index)));

it('merging keeps the bytes, in order and apart', () => {
  fc.assert(fc.property(spans, (list) => {
    const merged = mergeSpans(list);
    expect(bytesOf(merged)).toEqual(new Set([...bytesOf(list)].sort((a, b) => a - b)));
    merged.forEach((span, index) => expect(span.start).toBeGreaterThan(merged[index - 1]?.end ?? -1));
  }));
});

it('subtracting leaves the bytes that were not there', () => {
  fc.assert(fc.property(spans, spans, (wanted, had) => {
    const missing = subtractSpans(mergeSpans(wanted), mergeSpans(had));
    const known = bytesOf(had);
    expect([...bytesOf(missing)].sort((a, b) => a - b)).toEqual([...bytesOf(wanted)].filter((byte) => !known.has(byte)).sort((a, b) => a - b));
    expect(missing.every(({ start, end }) => end > start)).toBe(true);
  }));
});

it('reads bring all wanted bytes once, over small gaps only, in requests of bounded size', () => {
  fc.assert(fc.property(spans, fc.nat(20), fc.integer({ min: 1, max: 50 }), (list, gapBytes, requestBytes) => {
    const wanted = mergeSpans(list);
    const reads = planReads(wanted, { gapBytes, requestBytes });
    const brought = bytesOf(reads);
    expect([...bytesOf(wanted)].every((byte) => brought.has(byte))).toBe(true);
    expect(reads.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(brought.size);
    expect(reads.every(({ start, end }) => end > start && end - start <= requestBytes)).toBe(true);
    const gaps = wanted.slice(1).map((span, index) => span.start - (wanted[index]?.end ?? 0)).filter((gap) => gap <= gapBytes);
    expect(brought.size).toBe(bytesOf(wanted).size + gaps.reduce((sum, gap) => sum + gap, 0));
  }));
});
