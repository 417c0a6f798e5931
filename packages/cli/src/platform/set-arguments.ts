/**
 * `--set NAME=VALUE` as input sets:
 *
 *     images=@photos/      each file below the folder is an item; its name is the path in the folder, a/b.png
 *     q=@question.txt      the file is an item of its own name
 *     q=@<(command)        so is what comes through a pipe; it is read before anything is sent
 *     q=@-                 standard input is the item `stdin`
 *     q="some text"        the text is the item `text`, then `text_2` and so on
 *     q:7=@a.txt           with the key 7, for `keyed`
 *     q=                   an item without bytes
 *
 * A set may be given several times: its items add up. Hidden files of a folder are left out.
 */
import { createReadStream, type Stats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { InputItem, InputSets } from '@pappus/api';
import { AppError, errorMessage } from '@pappus/core';
import { openPipe, readPiped } from '../piped-input.ts';
import { MAX_FOLDER_DEPTH, MAX_FOLDER_ITEMS, MAX_STDIN_BYTES } from './limits.ts';

export interface SetArgument {
  readonly set: string;
  readonly key: number;
  readonly value: { readonly kind: 'text'; readonly text: string } | { readonly kind: 'path'; readonly path: string } | { readonly kind: 'stdin' };
}

export interface GatheredInputs {
  readonly sets: InputSets;
  readonly items: number;
  readonly bytes: number;
}

export interface InputSource {
  readonly stdin: Readable;
  readonly signal: AbortSignal;
}

const MAX_KEY = 0xffff_ffff;

export function parseSetArgument(text: string): SetArgument {
  const match = /^([A-Za-z_]\w*)(?::(\d{1,10}))?=(.*)$/s.exec(text);
  if (match === null) throw new AppError('invalid-argument', `--set ${JSON.stringify(text.slice(0, 60))} is not of the form NAME=VALUE`, { hint: 'NAME=@FILE, NAME=@FOLDER, NAME=@- for standard input, or NAME="some text"; NAME:KEY=… gives a key.' });
  const [, set = '', keyText = '0', value = ''] = match;
  const key = Number(keyText);
  if (key > MAX_KEY) throw new AppError('invalid-argument', `the key ${keyText} of --set ${set} is above ${MAX_KEY}`);
  if (!value.startsWith('@')) return { set, key, value: { kind: 'text', text: value } };
  const path = value.slice(1);
  if (path === '') throw new AppError('invalid-argument', `--set ${set}=@ names no file`);
  return { set, key, value: path === '-' ? { kind: 'stdin' } : { kind: 'path', path } };
}

/** Looks at every file, reads none: their bytes flow when they are sent. What has no size is read here, since it has to be known. */
export async function gatherInputs(argumentList: readonly string[], source: InputSource): Promise<GatheredInputs> {
  const parsed = argumentList.map(parseSetArgument);
  if (parsed.filter(({ value }) => value.kind === 'stdin').length > 1) throw new AppError('invalid-argument', 'standard input can be one item, not several');
  const sets = new Map<string, readonly InputItem[]>();
  let bytes = 0;
  let items = 0;
  for (const argument of parsed) {
    const earlier = sets.get(argument.set) ?? [];
    const found = await itemsOf(argument, earlier, source);
    sets.set(argument.set, [...earlier, ...found.items]);
    items += found.items.length;
    bytes += found.bytes;
  }
  for (const [set, list] of sets) refuseTwice(set, list);
  return { sets: Object.fromEntries(sets), items, bytes };
}

interface Found {
  readonly items: readonly InputItem[];
  readonly bytes: number;
}

async function itemsOf({ set, key, value }: SetArgument, earlier: readonly InputItem[], source: InputSource): Promise<Found> {
  switch (value.kind) {
    case 'text': {
      const texts = earlier.filter(({ data }) => typeof data === 'string').length;
      return { items: [{ name: texts === 0 ? 'text' : `text_${texts + 1}`, key, data: value.text }], bytes: Buffer.byteLength(value.text) };
    }
    case 'stdin': {
      const data = await readPiped(source.stdin, { name: 'standard input', maxBytes: MAX_STDIN_BYTES, signal: source.signal });
      return { items: [{ name: 'stdin', key, data }], bytes: data.length };
    }
    case 'path':
      return pathItems(set, key, value.path, source.signal);
  }
}

async function pathItems(set: string, key: number, path: string, signal: AbortSignal): Promise<Found> {
  const found = await readable(set, path, () => stat(path));
  if (isWithoutSize(found)) {
    const data = await readable(set, path, async () => readPiped(found.isFIFO() ? openPipe(path) : createReadStream(path), { name: path, maxBytes: MAX_STDIN_BYTES, signal }));
    return { items: [{ name: basename(path), key, data }], bytes: data.length };
  }
  if (!found.isDirectory()) return { items: [fileItem({ set, key, name: basename(path), path, bytes: found.size })], bytes: found.size };
  const items: InputItem[] = [];
  let bytes = 0;
  for await (const name of filesBelow(set, path, 0)) {
    if (items.length === MAX_FOLDER_ITEMS) throw new AppError('resource-exhausted', `${path} holds more than ${MAX_FOLDER_ITEMS} files`);
    const file = join(path, name);
    const { size } = await readable(set, file, () => stat(file));
    items.push(fileItem({ set, key, name, path: file, bytes: size }));
    bytes += size;
  }
  items.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { items, bytes };
}

/** Pipes, devices, and what the kernel makes up as it is read. */
const isWithoutSize = (found: Stats): boolean => !found.isDirectory() && (!found.isFile() || found.size === 0);

/** What a system call gives for a path, which may not be there, or not any more. */
const readable = <T>(set: string, path: string, call: () => Promise<T>): Promise<T> =>
  call().catch((thrown: unknown) => {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('not-found', `--set ${set}: cannot read ${path}: ${errorMessage(thrown)}`, { cause: thrown });
  });

interface FileItem {
  readonly set: string;
  readonly key: number;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

const fileItem = ({ set, key, name, path, bytes }: FileItem): InputItem => ({ name, key, data: { bytes, chunks: { [Symbol.asyncIterator]: () => chunksOf(set, path) } } });

async function* chunksOf(set: string, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = createReadStream(path)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const { done, value } = await readable(set, path, () => chunks.next());
    if (done === true) return;
    yield value;
  }
}

/** Names relative to the folder, with slashes. What a link leads to counts as what it is. */
async function* filesBelow(set: string, folder: string, depth: number): AsyncGenerator<string, void, undefined> {
  if (depth > MAX_FOLDER_DEPTH) throw new AppError('resource-exhausted', `${folder} is more than ${MAX_FOLDER_DEPTH} folders deep`);
  for await (const entry of await readable(set, folder, () => opendir(folder))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await readable(set, path, () => stat(path)) : entry;
    if (kind.isFile()) yield entry.name;
    else if (kind.isDirectory()) for await (const inner of filesBelow(set, path, depth + 1)) yield `${entry.name}/${inner}`;
  }
}

function refuseTwice(set: string, items: readonly InputItem[]): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    if (seen.has(name)) throw new AppError('invalid-argument', `the set ${set} would have two items of the name ${name}`);
    seen.add(name);
  }
}
