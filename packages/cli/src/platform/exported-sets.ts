/**
 * The names of a function's sets as its source gives them: `export const inputs = ['words', 'stops'];`. The source is
 * read, not run: the lists have to be literal.
 */

export interface ExportedSets {
  readonly inputs: readonly string[] | null;
  readonly outputs: readonly string[] | null;
}

export const exportedSets = (source: string): ExportedSets => ({ inputs: exportedList(source, 'inputs'), outputs: exportedList(source, 'outputs') });

const COMMENT = /\/\*.*?\*\/|\/\/[^\n]*/gs;

function exportedList(source: string, name: string): readonly string[] | null {
  const match = new RegExp(`(?:^|;)[ \\t]*export const ${name}\\b[^=;]*=\\s*\\[([^\\]]*)\\]`, 'm').exec(source);
  if (match === null) return null;
  const items = (match[1] ?? '').replaceAll(COMMENT, '').split(',').map((item) => item.trim()).filter((item) => item !== '');
  const texts = items.map((item) => /^(?:'([^'\\]*)'|"([^"\\]*)")$/.exec(item));
  if (texts.includes(null)) return null;
  return texts.map((text) => text?.[1] ?? text?.[2] ?? '');
}
