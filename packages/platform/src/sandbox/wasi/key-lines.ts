/**
 * Keys of items in the file system of a run. `/.keys/SET` is a text file with one line per item that has a key other than
 * 0: the key in decimal, a space, the item's name.
 *
 *   17 kitten.png
 *   4294967295 more/dogs.png
 *
 * For an input set the program reads it. For an output set the program may write it, in any order, at any time
 * before it ends; an item that it does not name has the key 0. Names have no line breaks, so no line needs quoting.
 */
export function keyLines(items: Iterable<readonly [name: string, key: number]>): string {
  let text = '';
  for (const [name, key] of items) if (key !== 0) text += `${key} ${name}\n`;
  return text;
}

const LINE = /^(\d{1,10}) (.+)$/;
const MAX_KEY = 0xffff_ffff;
const SHOWN_CHARS = 60;

/** The keys by name, or what is wrong with the first bad line. */
export function parseKeyLines(content: Uint8Array): ReadonlyMap<string, number> | string {
  const keys = new Map<string, number>();
  for (const [index, line] of Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8').split('\n').entries()) {
    if (line === '') continue;
    const [, digits = '', name = ''] = LINE.exec(line) ?? [];
    const key = Number(digits);
    if (name === '' || key > MAX_KEY) return `line ${index + 1} is not a key and a name: ${JSON.stringify(line.slice(0, SHOWN_CHARS))}`;
    keys.set(name, key);
  }
  return keys;
}
