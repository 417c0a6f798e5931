/** Offsets of a text as lines and columns for people. */

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

export class LineTable {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = lineStarts(text);
  }

  position(offset: number): Position {
    const line = this.#lineAt(offset);
    return { line, column: countCharacters(this.#text, this.#starts[line - 1] ?? 0, offset) + 1 };
  }

  /** The offset at which a line starts. */
  start(line: number): number {
    return this.#starts[line - 1] ?? this.#text.length;
  }

  /** A line without its end. */
  lineText(line: number): string {
    const text = this.#text.slice(this.start(line), this.#starts[line] ?? this.#text.length);
    return text.replace(/\r?\n$/, '');
  }

  #lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Code points: the second half of a pair does not count. */
function countCharacters(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff && at > from && isFirstHalf(text.charCodeAt(at - 1));
    if (!isSecondHalf) count += 1;
  }
  return count;
}

const isFirstHalf = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
