/**
 * Which names items may have. A name is a relative path of plain parts, so that a set can be a folder and an item a file
 * in it: in the file system of a run, in `--out DIR` on a user's disk, in a tar file. What could lead out of the folder
 * never becomes a name.
 */
import { MAX_ITEM_NAME_BYTES, MAX_NAME_PART_BYTES, MAX_NAME_PARTS, MAX_SET_NAME_BYTES } from './limits.ts';

/** Why `name` can't be an item's name, or null. The answer quotes no more than the start of a long name. */
export function itemNameProblem(name: string): string | null {
  if (isPlain(name)) return null;
  if (name.length === 0) return 'the name of an item is empty';
  if (name.length > MAX_ITEM_NAME_BYTES || Buffer.byteLength(name) > MAX_ITEM_NAME_BYTES) {
    return `the item name ${quoted(name)} has more than ${MAX_ITEM_NAME_BYTES} bytes`;
  }
  if (!name.isWellFormed()) return `the item name ${quoted(name)} is not Unicode text`;
  if (CONTROL.test(name)) return `the item name ${quoted(name)} has a control character`;
  const parts = name.split('/');
  if (parts.length > MAX_NAME_PARTS) return `the item name ${quoted(name)} has more than ${MAX_NAME_PARTS} parts`;
  for (const part of parts) {
    if (part === '') return `the item name ${quoted(name)} has an empty part: names are relative paths such as a/b`;
    if (part === '.' || part === '..') return `the item name ${quoted(name)} has the part "${part}"`;
    if (Buffer.byteLength(part) > MAX_NAME_PART_BYTES) return `the item name ${quoted(name)} has a part of more than ${MAX_NAME_PART_BYTES} bytes`;
  }
  return null;
}

/** Why `name` can't be a set's name, or null. */
export function setNameProblem(name: string): string | null {
  if (name.length === 0) return 'the name of a set is empty';
  if (name.length > MAX_SET_NAME_BYTES || Buffer.byteLength(name) > MAX_SET_NAME_BYTES) return `the set name ${quoted(name)} has more than ${MAX_SET_NAME_BYTES} bytes`;
  if (!name.isWellFormed() || name.includes('/') || CONTROL.test(name) || name === '.' || name === '..') return `${quoted(name)} can't be the name of a set`;
  return null;
}

/** Line breaks, NUL and what terminals obey. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const FIRST_PRINTED = 32;
const SLASH = 47;
const DOT = 46;

/** The usual case without an allocation: one short part of ASCII that does not begin with a dot. */
function isPlain(name: string): boolean {
  const { length } = name;
  if (length === 0 || length > MAX_NAME_PART_BYTES || name.charCodeAt(0) === DOT) return false;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code < FIRST_PRINTED || code === SLASH || code >= 127) return false;
  }
  return true;
}

const QUOTED_CHARS = 40;
/** What terminals obey: control characters of both sets, DEL, and marks of direction. */
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A name as an error message shows it: short, and with nothing that a terminal would obey. */
export function quoted(name: string): string {
  return printable(JSON.stringify(name.length > QUOTED_CHARS ? `${name.slice(0, QUOTED_CHARS)}…` : name));
}

/** A text that quotes a guest, with nothing that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(OBEYED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
