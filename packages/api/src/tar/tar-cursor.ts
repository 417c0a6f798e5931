/** What the blocks of a tar file say, one after the other: what a pax record or a long name says counts for the next entry. */
import { AppError } from '@pappus/core';
import { MAX_EXTENSIONS_OF_ENTRY, MAX_PAX_BYTES } from '../limits.ts';
import { decodePax, KEY_RECORD, PROBLEM_RECORD } from './pax-record.ts';
import { decodeHeader, type TarHeader } from './tar-header.ts';

export type TarEntry =
  /** `size` bytes follow, then padding. */
  | { readonly kind: 'file'; readonly path: string; readonly key: number; readonly size: number }
  | { readonly kind: 'folder'; readonly path: string };

export type TarStep =
  | TarEntry
  /** `size` bytes follow that belong to the next entry: hand them to `extension`. */
  | { readonly kind: 'extension'; readonly size: number; readonly type: string }
  | { readonly kind: 'end' };

export class TarCursor {
  readonly #maxEntries: number;
  #entries = 0;
  /** Extensions since the last entry. */
  #extensions = 0;
  #path: string | null = null;
  #size: number | null = null;
  #key: string | null = null;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  header(block: Uint8Array): TarStep {
    const header = decodeHeader(block);
    if (header === null) return { kind: 'end' };
    if (header.type === 'x' || header.type === 'g' || header.type === 'L') {
      if (header.size > MAX_PAX_BYTES) throw new AppError('corrupt-data', `a tar entry has ${header.size} bytes of records, more than ${MAX_PAX_BYTES}`);
      if (++this.#extensions > MAX_EXTENSIONS_OF_ENTRY) throw new AppError('corrupt-data', `a tar entry has more than ${MAX_EXTENSIONS_OF_ENTRY} headers that extend it`);
      return { kind: 'extension', size: header.size, type: header.type };
    }
    if (++this.#entries > this.#maxEntries) throw new AppError('resource-exhausted', `the tar file has more than ${this.#maxEntries} entries`);
    this.#extensions = 0;
    return this.#entry(header);
  }

  /** Takes the content of an extension. Returns the problem of the sender as JSON, if it is one. */
  extension(type: string, content: Uint8Array): string | null {
    if (type === 'L') {
      const end = content.indexOf(0);
      this.#path = utf8(new TextDecoder().decode(end < 0 ? content : content.subarray(0, end)));
      return null;
    }
    const records = decodePax(content);
    if (type === 'g') return records.get(PROBLEM_RECORD) ?? null;
    this.#path = records.get('path') ?? this.#path;
    const size = records.get('size');
    if (size !== undefined) this.#size = wholeNumber(size, Number.MAX_SAFE_INTEGER, 'size');
    this.#key = records.get(KEY_RECORD) ?? this.#key;
    return null;
  }

  #entry({ name, size, type }: TarHeader): TarEntry {
    const path = this.#path ?? utf8(name);
    const bytes = this.#size ?? size;
    const key = this.#key === null ? 0 : wholeNumber(this.#key, 0xffff_ffff, 'key');
    this.#path = null;
    this.#size = null;
    this.#key = null;
    if (type === '5') return { kind: 'folder', path };
    if (type === '0' || type === '7') return { kind: 'file', path, key, size: bytes };
    throw new AppError('invalid-argument', `the tar entry ${JSON.stringify(path.slice(0, 100))} is neither a file nor a folder`, { hint: 'Links and devices are no items: tar with --dereference.' });
  }
}

/** `./set/a/b` as `set` and `a/b`; null for the root folder. */
export function splitPath(path: string): { readonly set: string; readonly item: string } | null {
  const plain = path.replace(/^(\.\/)+/, '').replace(/\/$/, '');
  if (plain === '' || plain === '.') return null;
  const slash = plain.indexOf('/');
  return slash < 0 ? { set: plain, item: '' } : { set: plain.slice(0, slash), item: plain.slice(slash + 1) };
}

export function notInSet(path: string): AppError {
  return new AppError('invalid-argument', `the tar entry ${JSON.stringify(path.slice(0, 100))} is in no set`, { hint: 'Entries are of the form set/item.' });
}

/** A name without a character that stands for bytes that are none. */
function utf8(name: string): string {
  if (name.includes('\ufffd')) throw new AppError('corrupt-data', 'a name in the tar file is not UTF-8');
  return name;
}

function wholeNumber(text: string, max: number, what: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || value > max) throw new AppError('corrupt-data', `a pax record gives the ${what} ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}
