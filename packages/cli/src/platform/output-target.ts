/** Where the items of an invocation go as they arrive: a folder, standard output, a listing, or one JSON document. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { OutputItem } from '@pappus/api';
import { AppError, errorMessage } from '@pappus/core';
import type { CliStreams } from '../program.ts';
import { plural } from '../output/units.ts';
import { HEAD_BYTES, isText, itemListing, type ListedItem } from './item-listing.ts';
import { MAX_KEPT_OUTPUT_BYTES, MAX_LISTED_ITEMS } from './limits.ts';

export interface OutputTarget {
  add(item: OutputItem): Promise<void>;
  /** After the last item. */
  end(): Promise<void>;
}

/** `DIR/<set>/<item>`; with `head` one JSON document that says so. */
export function folderTarget(folder: string, { out, err }: CliStreams, head: Readonly<Record<string, unknown>> | null = null): OutputTarget {
  let items = 0;
  return {
    async add({ set, name, data }) {
      const path = join(folder, set, name);
      const inside = relative(resolve(folder), resolve(path));
      if (inside.startsWith('..') || isAbsolute(inside)) throw new AppError('protocol', `an item of the name ${JSON.stringify(name.slice(0, 60))} would be written outside of ${folder}`);
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, data);
      } catch (thrown) {
        throw new AppError('invalid-argument', `cannot write ${path}: ${errorMessage(thrown)}`, { cause: thrown });
      }
      items += 1;
    },
    async end() {
      if (head === null) err.write(`${plural(items, 'item')} in ${folder}\n`);
      else await write(out, `${JSON.stringify({ ...head, items, folder: resolve(folder) })}\n`);
    },
  };
}

/** The bytes of a single item; of several a listing. */
export function streamTarget({ out, err }: CliStreams): OutputTarget {
  const listed: ListedItem[] = [];
  let items = 0;
  let only: Uint8Array = new Uint8Array(0);
  return {
    async add({ set, name, key, data }) {
      items += 1;
      only = data;
      if (listed.length < MAX_LISTED_ITEMS) listed.push({ set, name, key, bytes: data.length, head: data.slice(0, HEAD_BYTES) });
    },
    async end() {
      if (items === 1) return writeSingle(out, only);
      if (items === 0) return void err.write('no output items\n');
      await write(out, `${itemListing(listed)}\n`);
      if (items > listed.length) err.write(`… ${items - listed.length} more\n`);
      err.write(`${plural(items, 'item')}; --out DIR writes them to files\n`);
    },
  };
}

async function writeSingle(out: NodeJS.WriteStream, data: Uint8Array): Promise<void> {
  if (out.isTTY && !isText(data)) throw new AppError('invalid-argument', `the output has ${data.length} bytes that are no text`, { hint: 'Add --out DIR, or send standard output to a file.' });
  await write(out, data);
  if (out.isTTY && data.at(-1) !== 10) out.write('\n');
}

/** The form of the HTTP API: item bytes in base64. */
export function jsonTarget({ out }: CliStreams, head: Readonly<Record<string, unknown>>): OutputTarget {
  const sets = new Map<string, { readonly name: string; readonly key: number; readonly data: string }[]>();
  let bytes = 0;
  return {
    async add({ set, name, key, data }) {
      bytes += data.length;
      if (bytes > MAX_KEPT_OUTPUT_BYTES) throw new AppError('resource-exhausted', `the outputs have more than ${MAX_KEPT_OUTPUT_BYTES} bytes`, { hint: 'Use --out DIR.' });
      const items = sets.get(set) ?? [];
      items.push({ name, key, data: Buffer.from(data).toString('base64') });
      sets.set(set, items);
    },
    async end() {
      await write(out, `${JSON.stringify({ ...head, sets: [...sets].map(([name, items]) => ({ name, items })) })}\n`);
    },
  };
}

async function write(out: Writable, chunk: string | Uint8Array): Promise<void> {
  if (!out.write(chunk)) await once(out, 'drain');
}
