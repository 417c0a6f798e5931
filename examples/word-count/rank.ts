/** All counts to one table, the most frequent word first. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['counts'];
export const outputs = ['table'];

export default function ({ counts }: Inputs<'counts'>): Outputs<'table'> {
  const all = counts.flatMap((part) => Object.entries(part.json() as Record<string, number>));
  all.sort(([word, count], [other, otherCount]) => otherCount - count || (word < other ? -1 : 1));
  const lines = all.map(([word, count]) => `${String(count).padStart(5)}  ${word}\n`);
  return { table: { 'words.txt': lines.join('') } };
}
