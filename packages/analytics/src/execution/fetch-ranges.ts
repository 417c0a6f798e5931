/** Arithmetic on byte ranges: which reads bring the wanted parts of an object with few requests. Pure. */

/** Bytes [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FetchLimits {
  /** Wanted ranges with at most this much between them are read as one. */
  readonly gapBytes: number;
  /** A longer range is read as several of about the same length. */
  readonly requestBytes: number;
}

/** Sorted and disjoint, with gaps of more than `gapBytes` between neighbours. */
export function mergeSpans(spans: readonly Span[], gapBytes = 0): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start - last.end <= gapBytes) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}

/** What of `wanted` is not in `had`; both sorted and disjoint. */
export function subtractSpans(wanted: readonly Span[], had: readonly Span[]): readonly Span[] {
  const missing: Span[] = [];
  let next = 0;
  for (const { start, end } of wanted) {
    let from = start;
    while ((had[next]?.end ?? Number.POSITIVE_INFINITY) <= from) next++;
    for (let index = next; from < end; index++) {
      const known = had[index];
      if (known === undefined || known.start >= end) {
        missing.push({ start: from, end });
        break;
      }
      if (known.start > from) missing.push({ start: from, end: known.start });
      from = known.end;
    }
  }
  return missing;
}

/** The reads for these ranges, in the order of offsets. */
export function planReads(missing: readonly Span[], limits: FetchLimits): readonly Span[] {
  return mergeSpans(missing, limits.gapBytes).flatMap(({ start, end }) => {
    const count = Math.ceil((end - start) / limits.requestBytes);
    const at = (index: number): number => start + Math.floor(((end - start) * index) / count);
    return Array.from({ length: count }, (_, index) => ({ start: at(index), end: at(index + 1) }));
  });
}
