/** Where something stands in a text: offsets in UTF-16 units, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const span = (start: number, end: number): Span => Object.freeze({ start, end });

/** From the start of the first to the end of the last. */
export const spanning = (first: Span, last: Span): Span => span(first.start, last.end);
