/** A request body as the input sets of what it invokes. */
import { decodeTar, HEADERS, type Signature } from '@pappus/api';
import { nearestName } from '@pappus/composition';
import { AppError, assert } from '@pappus/core';
import { decodeFrames, itemNameProblem, PiecedItem, type Item, type ItemSet, type Sets } from '@pappus/platform';
import { MAX_ITEMS_PER_REQUEST } from '../limits.ts';
import { bodyForm } from './media-type.ts';
import type { Part } from './multipart-part.ts';
import { readMultipart } from './multipart-reader.ts';

/** argv, environment and stdin of a function, sent as a set. */
export const STDIO = 'stdio';

export interface Inputs {
  /** In the order of the signature; sets that were not sent are empty. */
  readonly sets: Sets;
  readonly stdio: ItemSet | null;
}

/** What a raw body says of its item outside of itself. */
export interface RawItem {
  readonly set: string | null;
  readonly name: string | null;
  readonly key: string | null;
}

export interface SentBody {
  /** A raw body may have several. */
  readonly pieces: readonly Uint8Array[];
  readonly contentType: string | undefined;
  readonly raw: RawItem;
}

const NO_ITEMS: readonly Item[] = [];
const NO_BYTES = new Uint8Array(0);
const RAW_NAME = 'body';

export function inputSets(body: SentBody, signature: Signature, callee: string): Inputs {
  const form = bodyForm(body.contentType);
  if (form === 'raw') return rawInputs(body.pieces, body.raw, signature, callee);
  const [bytes, ...more] = body.pieces;
  assert(bytes !== undefined && more.length === 0, 'a body of sets is in one piece');
  switch (form) {
    case 'frame':
      return arranged(decodeFrames(bytes, MAX_ITEMS_PER_REQUEST), signature, callee);
    case 'tar':
      return arranged([...decodeTar(bytes, MAX_ITEMS_PER_REQUEST).sets].map(([name, items]) => ({ name, items: checkedNames(items) })), signature, callee);
    case 'multipart':
      return arranged(partSets(readMultipart(bytes, body.contentType ?? '')), signature, callee);
  }
}

/** The usual case: one item in the only or first set. No body at all is no item. */
function rawInputs(pieces: readonly Uint8Array[], raw: RawItem, { inputs }: Signature, callee: string): Inputs {
  if (raw.set !== null && !inputs.includes(raw.set) && raw.set !== STDIO) throw unknownSet(raw.set, inputs, callee);
  const wanted = raw.set ?? inputs[0];
  const [first = NO_BYTES] = pieces;
  if (wanted === undefined && first.length > 0) throw new AppError('invalid-argument', `${callee} takes no input, but a body came with the request`);
  const explicit = raw.set !== null || raw.name !== null || raw.key !== null;
  const items = first.length === 0 && !explicit ? NO_ITEMS : [rawItem(raw, pieces.length === 1 ? first : pieces)];
  if (wanted === STDIO && !inputs.includes(STDIO)) return { sets: inputs.map((name) => ({ name, items: NO_ITEMS })), stdio: { name: STDIO, items } };
  return { sets: inputs.map((name) => ({ name, items: name === wanted ? items : NO_ITEMS })), stdio: null };
}

function rawItem(raw: RawItem, data: Uint8Array | readonly Uint8Array[]): Item {
  const item = { name: raw.name === null ? RAW_NAME : checkedName(raw.name), key: parseKey(raw.key) };
  return data instanceof Uint8Array ? { ...item, data } : new PiecedItem(item, data);
}

function partSets(parts: readonly Part[]): Sets {
  const sets = new Map<string, Item[]>();
  for (const part of parts) {
    const items = sets.get(part.name) ?? [];
    sets.set(part.name, items);
    items.push(partItem(part, items.length));
  }
  return [...sets].map(([name, items]) => ({ name, items }));
}

/** A value without a file name is called by its number in its set. */
export function partItem({ fileName, headers, data }: Part, number: number): Item {
  return { name: fileName === null ? String(number) : checkedName(fileName), key: parseKey(headers.get(HEADERS.key.toLowerCase()) ?? null), data };
}

/** Sets by name in the order of the signature. */
function arranged(sent: Sets, { inputs }: Signature, callee: string): Inputs {
  const byName = new Map<string, ItemSet>();
  for (const set of sent) {
    const takesStdio = set.name === STDIO && !inputs.includes(STDIO);
    if (!takesStdio && !inputs.includes(set.name)) throw unknownSet(set.name, inputs, callee);
    byName.set(set.name, set);
  }
  const stdio = inputs.includes(STDIO) ? null : (byName.get(STDIO) ?? null);
  return { sets: inputs.map((name) => byName.get(name) ?? { name, items: NO_ITEMS }), stdio };
}

export function unknownSet(name: string, inputs: readonly string[], callee: string): AppError {
  const near = nearestName(name, inputs);
  const shown = JSON.stringify(name.slice(0, 100));
  const takes = inputs.length === 0 ? 'it takes none' : `it takes ${inputs.join(', ')}`;
  return new AppError('invalid-argument', `${callee} has no input set ${shown}: ${takes}`, near === null ? {} : { hint: `Did you mean ${near}?` });
}

export function checkedName(name: string): string {
  const problem = itemNameProblem(name);
  if (problem !== null) throw new AppError('invalid-argument', problem);
  return name;
}

function checkedNames(items: readonly Item[]): readonly Item[] {
  for (const { name } of items) checkedName(name);
  return items;
}

function parseKey(text: string | null): number {
  if (text === null) return 0;
  const key = Number(text);
  if (!/^\d{1,10}$/.test(text) || key > 0xffff_ffff) throw new AppError('invalid-argument', `the key ${JSON.stringify(text.slice(0, 40))} is no whole number from 0 to 4294967295`);
  return key;
}
