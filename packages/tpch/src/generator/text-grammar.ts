/**
 * Pseudo text after the specification's grammar (clause 4.2.2.14), written as bytes at a few hundred MB/s:
 * a drawn word is copied as whole 32-bit words and the position moves on by its true length, so the next word
 * overwrites what was copied too much.
 */
import {
  ADJECTIVES,
  ADVERBS,
  AUXILIARIES,
  NOUN_PHRASES,
  NOUNS,
  PREPOSITIONS,
  SENTENCES,
  TERMINATORS,
  VERB_PHRASES,
  VERBS,
  type WeightedWord,
} from './distributions.ts';
import { MODULUS, nextSeed } from './lcg.ts';

/** The longest sentence has fewer bytes; a buffer keeps this much room behind its last sentence. */
export const MAX_SENTENCE_BYTES = 256;

/** Every word in as many 32-bit slots; the longest, `alongside of the `, has 17 bytes. */
const SLOTS = 5;

/** All words of all lists one behind the other, so that the inner loop has one set of tables. */
const WORDS: readonly (readonly [list: readonly WeightedWord[], suffix: string])[] = [
  [NOUNS, ' '],
  [ADJECTIVES, ' '],
  [ADJECTIVES, ', '],
  [ADVERBS, ' '],
  [VERBS, ' '],
  [AUXILIARIES, ' '],
  [PREPOSITIONS, ' the '],
  [TERMINATORS, ' '],
];
/** The lists of WORDS as the grammar's symbols. */
const LISTS: readonly string[] = ['N', 'J', 'J,', 'D', 'V', 'X', 'P', 'T'];

const weightOf = (list: readonly WeightedWord[]): number => list.reduce((sum, [, weight]) => sum + weight, 0);
/** Entry i as often as its weight says: what each possible draw means. */
const expand = (list: readonly WeightedWord[]): readonly number[] => list.flatMap(([, weight], index) => Array<number>(weight).fill(index));
const startsOf = (lengths: readonly number[]): readonly number[] => lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));

const listStarts = startsOf(WORDS.map(([list]) => list.length));
/** Where a list's draws stand in `drawnWord`, and how many there are. */
const drawStarts = Uint32Array.from(startsOf(WORDS.map(([list]) => weightOf(list))));
const drawCounts = Uint32Array.from(WORDS, ([list]) => weightOf(list));
const drawnWord = Uint16Array.from(WORDS.flatMap(([list], index) => expand(list).map((entry) => (listStarts[index] as number) + entry)));

const wordTexts = WORDS.flatMap(([list, suffix]) => list.map(([word]) => new TextEncoder().encode(word + suffix)));
const wordLengths = Uint8Array.from(wordTexts, (text) => text.length);
const wordSlots = new Uint32Array(wordTexts.length * SLOTS);
wordTexts.forEach((text, word) => new Uint8Array(wordSlots.buffer).set(text, word * SLOTS * 4));

/** A phrase is the lists that its words are drawn from. */
const phraseLists = (symbols: string): Uint8Array => Uint8Array.from(symbols.match(/\w,?/g) ?? [], (symbol) => LISTS.indexOf(symbol));
const phraseDraws = (list: readonly WeightedWord[]): readonly Uint8Array[] => list.flatMap(([symbols, weight]) => Array<Uint8Array>(weight).fill(phraseLists(symbols)));

/** What each symbol of a sentence may expand to, by draw; a single choice is not drawn. */
const NOUN_PHRASE = phraseDraws(NOUN_PHRASES);
const VERB_PHRASE = phraseDraws(VERB_PHRASES);
const PREPOSITION = [phraseLists('P')];
const TERMINATOR = [phraseLists('T')];
const EXPANSIONS: Readonly<Record<string, readonly (readonly Uint8Array[])[]>> = {
  N: [NOUN_PHRASE],
  V: [VERB_PHRASE],
  P: [PREPOSITION, NOUN_PHRASE],
  T: [TERMINATOR],
};
const SENTENCE = SENTENCES.flatMap(([symbols, weight]) =>
  Array<readonly (readonly Uint8Array[])[]>(weight).fill(symbols.split('').flatMap((symbol) => EXPANSIONS[symbol] ?? [])),
);

/**
 * Writes sentences until there are `wanted` bytes, which takes up to `MAX_SENTENCE_BYTES` more. Returns the seed
 * before the next sentence and the bytes written. One function with its state in local variables: twice as fast.
 */
export function writeSentences(view: DataView, firstSeed: number, wanted: number): { readonly seed: number; readonly bytes: number } {
  let seed = firstSeed;
  let at = 0;
  while (at < wanted) {
    seed = nextSeed(seed);
    const sentence = SENTENCE[((seed / MODULUS) * SENTENCE.length) | 0] as readonly (readonly Uint8Array[])[];
    for (let part = 0; part < sentence.length; part++) {
      const choices = sentence[part] as readonly Uint8Array[];
      let choice = 0;
      if (choices.length > 1) {
        seed = nextSeed(seed);
        choice = ((seed / MODULUS) * choices.length) | 0;
      } else if (choices === TERMINATOR) at--; // it follows the last word without a space
      const lists = choices[choice] as Uint8Array;
      for (let index = 0; index < lists.length; index++) {
        const list = lists[index] as number;
        seed = nextSeed(seed);
        const draw = ((seed / MODULUS) * (drawCounts[list] as number)) | 0;
        const word = drawnWord[(drawStarts[list] as number) + draw] as number;
        const length = wordLengths[word] as number;
        const slot = word * SLOTS;
        // Most words have 5 to 12 bytes: three stores without a branch are faster than a loop to the word's length.
        view.setUint32(at, wordSlots[slot] as number, true);
        view.setUint32(at + 4, wordSlots[slot + 1] as number, true);
        view.setUint32(at + 8, wordSlots[slot + 2] as number, true);
        if (length > 12) {
          view.setUint32(at + 12, wordSlots[slot + 3] as number, true);
          view.setUint32(at + 16, wordSlots[slot + 4] as number, true);
        }
        at += length;
      }
    }
  }
  return { seed, bytes: at };
}
