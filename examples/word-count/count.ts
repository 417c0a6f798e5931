/** Counts words. With `keyed`, a run sees all words that begin with one letter. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['words'];
export const outputs = ['counts'];

export default function ({ words }: Inputs<'words'>): Outputs<'counts'> {
  const counts = new Map<string, number>();
  for (const part of words) for (const word of part.text().split('\n')) counts.set(word, (counts.get(word) ?? 0) + 1);
  const key = words[0]?.key ?? 0;
  return { counts: [{ name: String.fromCodePoint(key), key, data: Object.fromEntries(counts) }] };
}
