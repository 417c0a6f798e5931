/** Items as entries of a tar file: `set/item`, the key in a pax record. Shared by both ends. */
import { encodePax, KEY_RECORD, PROBLEM_RECORD } from './pax-record.ts';
import { BLOCK_BYTES, encodeHeader, fitsHeader, paddingOf } from './tar-header.ts';

const ZEROS = new Uint8Array(2 * BLOCK_BYTES);

/** What stands before the bytes of an item. */
export function itemHead(set: string, item: string, key: number, size: number): Uint8Array {
  const name = `${set}/${item}`;
  const header = encodeHeader({ name, size, type: '0' });
  const fits = fitsHeader(name, size);
  if (fits && key === 0) return header;
  const records = new Map<string, string>();
  if (!fits) records.set('path', name).set('size', String(size));
  if (key !== 0) records.set(KEY_RECORD, String(key));
  return joined(encodePax(records, 'x'), header);
}

/** A set without items, so that it is not missing. */
export function emptySet(set: string): Uint8Array {
  const name = `${set}/`;
  const header = encodeHeader({ name, size: 0, type: '5' });
  return fitsHeader(name, 0) ? header : joined(encodePax(new Map([['path', name]]), 'x'), header);
}

/** What stands behind the bytes of an item. */
export const itemPadding = (size: number): Uint8Array => ZEROS.subarray(0, paddingOf(size));

export const END_OF_TAR: Uint8Array = ZEROS;

/** The end of a file that was begun and could not be finished. */
export const tarFailure = (problemJson: string): Uint8Array => encodePax(new Map([[PROBLEM_RECORD, problemJson]]), 'g');

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first, 0);
  both.set(second, first.length);
  return both;
}
