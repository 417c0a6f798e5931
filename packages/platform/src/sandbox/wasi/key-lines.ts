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
import { quoted } from '../../sets/item-name.ts';
import { MAX_ITEM_NAME_BYTES } from '../../sets/limits.ts';

export function keyLines(items: Iterable<readonly [name: string, key: number]>): string {
  let text = '';
  for (const [name, key] of items) if (key !== 0) text += `${key} ${name}\n`;
  return text;
}

const LINE = /^(\d{1,10}) (.+)$/;
const LINE_FEED = 0x0a;
const MAX_KEY = 0xffff_ffff;
/** Of a key, a space and a name. */
const MAX_LINE_BYTES = 11 + MAX_ITEM_NAME_BYTES;
const SHOWN_CHARS = 60;

/**
 * The keys of `items` by name, or what is wrong with the first bad line. Read a line at a time: the file may be as long as
 * all outputs together, and as an array of its lines it would be too much for the heap.
 */
export function parseKeyLines(content: Uint8Array, items: ReadonlyMap<string, unknown>, maxLines: number): ReadonlyMap<string, number> | string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  const keys = new Map<string, number>();
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 ? bytes.length : feed;
    line += 1;
    if (line > maxLines) return `there are more than ${maxLines} lines, the limit of output items`;
    if (end > start) {
      const text = bytes.toString('utf8', start, Math.min(end, start + MAX_LINE_BYTES));
      const [, digits = '', name = ''] = end - start > MAX_LINE_BYTES ? [] : (LINE.exec(text) ?? []);
      const key = Number(digits);
      if (name === '' || key > MAX_KEY) return `line ${line} is not a key and a name: ${JSON.stringify(text.slice(0, SHOWN_CHARS))}`;
      if (!items.has(name)) return `the set has no item ${quoted(name)}`;
      keys.set(name, key);
    }
    start = end + 1;
  }
  return keys;
}
