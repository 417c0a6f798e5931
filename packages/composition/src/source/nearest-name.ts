/** What somebody may have meant who wrote a name that is not there. */
import { MAX_SUGGESTION_CANDIDATES } from '../limits.ts';

/** The candidate with the fewest typing mistakes, or null where none is near. The first of equals wins. */
export function nearestName(written: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bound = allowance(written.length) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > MAX_SUGGESTION_CANDIDATES) break;
    if (candidate === written || Math.abs(candidate.length - written.length) >= bound) continue;
    const distance = candidate.toLowerCase() === written.toLowerCase() ? 0 : editDistance(written, candidate, bound);
    if (distance >= bound) continue;
    best = candidate;
    bound = distance;
    if (bound === 0) break;
  }
  return best;
}

/** `did you mean …?`, or null. */
export function suggestion(written: string, candidates: Iterable<string>): string | null {
  const name = nearestName(written, candidates);
  return name === null ? null : `did you mean \`${name}\`?`;
}

/** Mistakes that a name of so many characters may have and still be meant. */
const allowance = (chars: number): number => (chars <= 2 ? chars - 1 : Math.min(4, Math.max(2, Math.floor(chars / 3))));

/** Insertions, deletions, replacements and swaps of neighbours; `bound` or more ends the count early. */
function editDistance(left: string, right: string, bound: number): number {
  let beforeLast = new Array<number>(right.length + 1).fill(0);
  let last = Array.from(beforeLast, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= right.length; column++) {
      const cell = cost(left, right, row, column, beforeLast, last, current);
      current.push(cell);
      least = Math.min(least, cell);
    }
    if (least >= bound) return bound;
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? bound;
}

function cost(left: string, right: string, row: number, column: number, beforeLast: readonly number[], last: readonly number[], current: readonly number[]): number {
  const at = (line: readonly number[], index: number): number => line[index] ?? Infinity;
  const differs = left[row - 1] === right[column - 1] ? 0 : 1;
  const plain = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + differs);
  const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
  return swapped ? Math.min(plain, at(beforeLast, column - 2) + 1) : plain;
}
