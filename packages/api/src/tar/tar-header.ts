/**
 * One block of 512 bytes before each entry of a tar file (POSIX ustar and pax; GNU's long names are read). Names that do
 * not fit, and the keys of items, stand in a pax record before the entry.
 *
 *   0 name 100 │ 100 mode 8 │ 108 uid 8 │ 116 gid 8 │ 124 size 12 │ 136 mtime 12 │ 148 checksum 8 │ 156 type 1
 *   157 link 100 │ 257 magic 8 │ 265 user 32 │ 297 group 32 │ 329 device 16 │ 345 prefix 155
 */
import { AppError } from '@pappus/core';

export const BLOCK_BYTES = 512;

export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** `0` a file, `5` a folder, `x` a pax record for the next entry, `g` one for all that follow, `L` a GNU long name. */
  readonly type: string;
}

const encoder = new TextEncoder();
// A name that is too long is cut anywhere, also inside a character; the whole of it comes otherwise.
const decoder = new TextDecoder('utf-8');
const NAME_BYTES = 100;
const SIZE_AT = 124;
const SIZE_BYTES = 12;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;
const SPACE = 32;
/** Eleven octal digits. */
const MAX_OCTAL_SIZE = 0o77_777_777_777;

/** The header block of an entry. A longer name than 100 bytes is cut: its pax record says the whole. */
export function encodeHeader({ name, size, type }: TarHeader): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(encoder.encode(name).subarray(0, NAME_BYTES), 0);
  writeText(block, 100, '0000644\0');
  writeText(block, 108, '0000000\0');
  writeText(block, 116, '0000000\0');
  writeText(block, SIZE_AT, `${octal(size > MAX_OCTAL_SIZE ? 0 : size, 11)}\0`);
  writeText(block, 136, '00000000000\0');
  writeText(block, TYPE_AT, type);
  writeText(block, MAGIC_AT, 'ustar\u000000');
  writeText(block, CHECKSUM_AT, `${octal(checksum(block), 6)}\0 `);
  return block;
}

/** Whether an entry of this name and size needs no pax record. A header does not say whether a replacement character is meant or stands for bytes that are none. */
export const fitsHeader = (name: string, size: number): boolean => size <= MAX_OCTAL_SIZE && !name.includes('\ufffd') && encoder.encode(name).length <= NAME_BYTES;

/** The header in `block`, or null where it is one of the zero blocks of the end. */
export function decodeHeader(block: Uint8Array): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  const wanted = parseOctal(block.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES));
  if (wanted !== checksum(block)) throw new AppError('corrupt-data', 'the body is no tar file, or a damaged one: the checksum of a header does not fit');
  const prefix = isUstar(block) ? text(block, PREFIX_AT, PREFIX_BYTES) : '';
  const name = text(block, 0, NAME_BYTES);
  const type = String.fromCharCode(block[TYPE_AT] ?? 0);
  return { name: prefix === '' ? name : `${prefix}/${name}`, size: parseSize(block.subarray(SIZE_AT, SIZE_AT + SIZE_BYTES)), type: type === '\0' ? '0' : type };
}

/** Bytes that fill the last block of an entry. */
export const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

function writeText(block: Uint8Array, at: number, value: string): void {
  for (let i = 0; i < value.length; i++) block[at + i] = value.charCodeAt(i);
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** The sum of all bytes, those of the checksum counted as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES ? SPACE : (block[i] ?? 0);
  return sum;
}

/** ustar proper: GNU's `ustar  ` keeps other things where the prefix is. */
const isUstar = (block: Uint8Array): boolean => text(block, MAGIC_AT, 6) === 'ustar' && block[MAGIC_AT + 5] === 0;

function parseSize(field: Uint8Array): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return parseOctal(field);
  // GNU's base 256 for what does not fit into octal digits.
  let value = first & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new AppError('corrupt-data', 'a tar entry has an impossible size');
  return value;
}

function parseOctal(field: Uint8Array): number {
  const digits = text(field, 0, field.length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new AppError('corrupt-data', 'the body is no tar file, or a damaged one: a number of a header is none');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** A field up to its first NUL. */
function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}
