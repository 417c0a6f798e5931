import { expect, it } from 'vitest';
import { isPrintable, printable, printableLines } from './printable.ts';

const OBEYED = ['\u001B[2J', '\u001B]0;owned\u0007', '\u009B2J', '\u0090q', '\u007F', 'over\rwritten', '\b', '\0'];

it.each(OBEYED)('nothing of %j is left that a terminal obeys', (text) => {
  expect(isPrintable(text)).toBe(false);
  // oxlint-disable-next-line no-control-regex
  for (const shown of [printable(text), printableLines(text)]) expect(shown).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
});

it('other text stays, with its lines where they are wanted', () => {
  const text = 'größe 🌱\r\n\tשלום';
  expect(isPrintable(text)).toBe(true);
  expect(printableLines(text)).toBe('größe 🌱\n\tשלום');
  expect(printable('a\n\tb')).toBe('a⏎→b');
});
