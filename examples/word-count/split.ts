/** Texts to words. The key of a word is the letter it begins with, so that `keyed` brings equal words together. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['texts'];
export const outputs = ['words'];

export default function ({ texts }: Inputs<'texts'>): Outputs<'words'> {
  const byLetter = new Map<number, string[]>();
  for (const text of texts) {
    for (const word of text.text().toLowerCase().match(/\p{L}[\p{L}'’]*/gu) ?? []) {
      const letter = word.codePointAt(0) ?? 0;
      byLetter.set(letter, [...(byLetter.get(letter) ?? []), word]);
    }
  }
  const prefix = texts[0]?.name ?? 'empty';
  const words = [...byLetter].map(([key, data]) => ({ name: `${prefix}/${String.fromCodePoint(key)}`, key, data: data.join('\n') }));
  return { words };
}
