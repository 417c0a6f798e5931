/**
 * Sets as bytes: on the pipes to engines, under the hash of memoised results, as the body of requests. Item bytes are
 * not copied: encoding gives a list of buffers for one vectored write, decoding gives views of the received frame.
 * Equal sets have equal frames, so a frame may be hashed.
 *
 *   ┌ head ────────────────────────────────────────────────────────────────────────┐
 *   │ u32 magic "PSF1" │ u32 head bytes │ u32 sets │ u32 items in all              │
 *   │ per set:   u32 name bytes │ u32 items                                        │
 *   │ per item:  u32 key │ u32 name bytes │ u32 data bytes        (all sets in turn)│
 *   │ names:     set names, then item names, UTF-8, one after the other             │
 *   ├ data ────────────────────────────────────────────────────────────────────────┤
 *   │ the bytes of the items, one after the other, without padding                  │
 *   └──────────────────────────────────────────────────────────────────────────────┘
 *
 * Numbers are little-endian. The length of the head and that of every item are known before the data begins, so a
 * reader can tell the length of the whole frame from its head alone (`frameBytes`).
 */
import { AppError, assert } from '@pappus/core';
import { bytesOfItem, FarItem } from './far-item.ts';
import type { Item, ItemSet, Sets } from './item.ts';
import { itemNameProblem, setNameProblem } from './item-name.ts';
import { COPY_BELOW_BYTES, MAX_ITEM_BYTES, MAX_ITEM_NAME_BYTES, MAX_ITEMS, MAX_SET_NAME_BYTES, MAX_SETS } from './limits.ts';
import { readName, writeName } from './name-bytes.ts';

const MAGIC = 0x3146_5350;
export const FIXED_BYTES = 16;
const SET_BYTES = 8;
const ITEM_BYTES = 12;
/** Longest head of a frame within the limits. */
export const MAX_FRAME_HEAD_BYTES: number = FIXED_BYTES + MAX_SETS * (SET_BYTES + MAX_SET_NAME_BYTES) + MAX_ITEMS * (ITEM_BYTES + MAX_ITEM_NAME_BYTES);

/** The frame as buffers in their order. Big items are the caller's own bytes: they must not change until the frame is written. */
export function encodeSets(sets: Sets): Uint8Array[] {
  const sizes = measure(sets);
  const copied = Buffer.allocUnsafe(sizes.head + sizes.copied);
  writeHead(copied, sets, sizes);
  const buffers: Uint8Array[] = [];
  let start = 0;
  let at = sizes.head;
  for (const { items } of sets) {
    for (const item of items) {
      const bytes = bytesOfItem(item);
      if (bytes < COPY_BELOW_BYTES) {
        copied.set(item.data, at);
        at += bytes;
        continue;
      }
      if (at > start) buffers.push(copied.subarray(start, at));
      if (item instanceof FarItem) for (const piece of item.pieces()) buffers.push(piece);
      else buffers.push(item.data);
      start = at;
    }
  }
  if (at > start) buffers.push(copied.subarray(start, at));
  return buffers;
}

/** Length of what is in several buffers. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

/** What stands before the bytes of the items. */
export function frameHead(sets: Sets): Uint8Array {
  const sizes = measure(sets);
  const head = Buffer.allocUnsafe(sizes.head);
  writeHead(head, sets, sizes);
  return head;
}

/** The frame in one buffer. */
export function encodeSetsWhole(sets: Sets): Uint8Array {
  const buffers = encodeSets(sets);
  return buffers.length === 1 ? (buffers[0] as Uint8Array) : Buffer.concat(buffers);
}

interface Sizes {
  readonly head: number;
  /** Bytes of the items that are copied. */
  readonly copied: number;
  readonly items: number;
  /** Of each name, in the order of the head. */
  readonly nameBytes: readonly number[];
}

function measure(sets: Sets): Sizes {
  const nameBytes: number[] = [];
  let names = 0;
  let copied = 0;
  let items = 0;
  const add = (name: string): void => {
    const bytes = Buffer.byteLength(name);
    nameBytes.push(bytes);
    names += bytes;
  };
  for (const set of sets) add(set.name);
  for (const set of sets) {
    items += set.items.length;
    for (const item of set.items) {
      add(item.name);
      const bytes = bytesOfItem(item);
      if (bytes < COPY_BELOW_BYTES) copied += bytes;
      else if (bytes > MAX_ITEM_BYTES) throw new AppError('resource-exhausted', `an item of ${bytes} bytes does not fit into a frame`);
    }
  }
  if (sets.length > MAX_SETS || items > MAX_ITEMS) {
    throw new AppError('resource-exhausted', `${sets.length} sets with ${items} items do not fit into a frame: at most ${MAX_SETS} and ${MAX_ITEMS}`);
  }
  return { head: FIXED_BYTES + sets.length * SET_BYTES + items * ITEM_BYTES + names, copied, items, nameBytes };
}

function writeHead(to: Buffer, sets: Sets, { head, items, nameBytes }: Sizes): void {
  to.writeUInt32LE(MAGIC, 0);
  to.writeUInt32LE(head, 4);
  to.writeUInt32LE(sets.length, 8);
  to.writeUInt32LE(items, 12);
  let at = FIXED_BYTES;
  let name = sets.length * SET_BYTES + items * ITEM_BYTES + FIXED_BYTES;
  let index = 0;
  const writeText = (text: string): number => {
    const bytes = nameBytes[index++] as number;
    writeName(to, name, text, bytes);
    name += bytes;
    return bytes;
  };
  for (const set of sets) {
    to.writeUInt32LE(writeText(set.name), at);
    to.writeUInt32LE(set.items.length, at + 4);
    at += SET_BYTES;
  }
  for (const set of sets) {
    for (const item of set.items) {
      to.writeUInt32LE(item.key, at);
      to.writeUInt32LE(writeText(item.name), at + 4);
      to.writeUInt32LE(bytesOfItem(item), at + 8);
      at += ITEM_BYTES;
    }
  }
  assert(name === head, 'the head of a set frame has the measured length');
}

/** The sets of a whole frame, as views of `frame`. Anything but a frame is `corrupt-data`. */
export function decodeSets(frame: Uint8Array): Sets {
  const bytes = asBuffer(frame);
  const head = readHead(bytes);
  const sets: ItemSet[] = [];
  let at = FIXED_BYTES + head.sets * SET_BYTES;
  let itemName = head.itemNames;
  let setName = head.setNames;
  let data = head.bytes;
  let left = head.items;
  for (let s = 0; s < head.sets; s++) {
    const setEntry = FIXED_BYTES + s * SET_BYTES;
    const nameBytes = bytes.readUInt32LE(setEntry);
    const count = bytes.readUInt32LE(setEntry + 4);
    if (count > left) throw corrupt('more items than it says');
    left -= count;
    const items: Item[] = [];
    for (let i = 0; i < count; i++) {
      const itemNameBytes = bytes.readUInt32LE(at + 4);
      const dataBytes = bytes.readUInt32LE(at + 8);
      if (itemName + itemNameBytes > head.bytes || data + dataBytes > bytes.length) throw corrupt('an item that is longer than the frame');
      items.push({ name: checkedName(bytes, itemName, itemNameBytes, itemNameProblem), key: bytes.readUInt32LE(at), data: bytes.subarray(data, data + dataBytes) });
      itemName += itemNameBytes;
      data += dataBytes;
      at += ITEM_BYTES;
    }
    sets.push({ name: checkedName(bytes, setName, nameBytes, setNameProblem), items });
    setName += nameBytes;
  }
  if (left !== 0 || itemName !== head.bytes || data !== bytes.length) throw corrupt('bytes that belong to no item');
  return sets;
}

export interface FrameEntry {
  readonly set: string;
  readonly name: string;
  readonly key: number;
  readonly bytes: number;
}

/** What a whole head says: the names of the sets, and of each item how long it is. */
export function readEntries(start: Uint8Array): { readonly sets: readonly string[]; readonly entries: readonly FrameEntry[] } {
  const bytes = asBuffer(start);
  const head = readHead(bytes);
  const sets: string[] = [];
  const entries: FrameEntry[] = [];
  let at = FIXED_BYTES + head.sets * SET_BYTES;
  let itemName = head.itemNames;
  let setName = head.setNames;
  for (let s = 0; s < head.sets; s++) {
    const setEntry = FIXED_BYTES + s * SET_BYTES;
    const nameBytes = bytes.readUInt32LE(setEntry);
    const count = bytes.readUInt32LE(setEntry + 4);
    if (count > head.items - entries.length) throw corrupt('more items than it says');
    const set = checkedName(bytes, setName, nameBytes, setNameProblem);
    sets.push(set);
    setName += nameBytes;
    for (let i = 0; i < count; i++) {
      const itemNameBytes = bytes.readUInt32LE(at + 4);
      if (itemName + itemNameBytes > head.bytes) throw corrupt('an item that is longer than the frame');
      entries.push({ set, name: checkedName(bytes, itemName, itemNameBytes, itemNameProblem), key: bytes.readUInt32LE(at), bytes: bytes.readUInt32LE(at + 8) });
      itemName += itemNameBytes;
      at += ITEM_BYTES;
    }
  }
  if (entries.length !== head.items || itemName !== head.bytes) throw corrupt('bytes that belong to no item');
  return { sets, entries };
}

/** Length of the head whose first `FIXED_BYTES` these are. */
export const headBytes = (start: Uint8Array): number => checkedHeadBytes(asBuffer(start));

/** How many sets and items a head says it has, by its first `FIXED_BYTES`. */
export function headCounts(start: Uint8Array): { readonly sets: number; readonly items: number } {
  const bytes = asBuffer(start);
  checkedHeadBytes(bytes);
  return { sets: bytes.readUInt32LE(8), items: bytes.readUInt32LE(12) };
}

/** Length of the frame whose first bytes these are, or null as long as its head is not complete. */
export function frameBytes(start: Uint8Array): number | null {
  const bytes = asBuffer(start);
  if (bytes.length < FIXED_BYTES) return null;
  if (bytes.length < checkedHeadBytes(bytes)) return null;
  const head = readHead(bytes);
  let total = head.bytes;
  for (let i = 0; i < head.items; i++) total += bytes.readUInt32LE(FIXED_BYTES + head.sets * SET_BYTES + i * ITEM_BYTES + 8);
  return total;
}

interface Head {
  readonly bytes: number;
  readonly sets: number;
  readonly items: number;
  /** Where the names of the sets, and those of the items begin. */
  readonly setNames: number;
  readonly itemNames: number;
}

function readHead(bytes: Buffer): Head {
  const head = checkedHeadBytes(bytes);
  if (head > bytes.length) throw corrupt('an end before that of its head');
  const sets = bytes.readUInt32LE(8);
  const items = bytes.readUInt32LE(12);
  const setNames = FIXED_BYTES + sets * SET_BYTES + items * ITEM_BYTES;
  if (sets > MAX_SETS || items > MAX_ITEMS || setNames > head) throw corrupt(`${sets} sets with ${items} items, which its head can't hold`);
  let itemNames = setNames;
  for (let s = 0; s < sets; s++) itemNames += bytes.readUInt32LE(FIXED_BYTES + s * SET_BYTES);
  if (itemNames > head) throw corrupt('names that are longer than its head');
  return { bytes: head, sets, items, setNames, itemNames };
}

function checkedHeadBytes(bytes: Buffer): number {
  if (bytes.length < FIXED_BYTES || bytes.readUInt32LE(0) !== MAGIC) throw corrupt('another beginning than that of a frame of sets');
  const head = bytes.readUInt32LE(4);
  const mostBytes = FIXED_BYTES + bytes.readUInt32LE(8) * (SET_BYTES + MAX_SET_NAME_BYTES) + bytes.readUInt32LE(12) * (ITEM_BYTES + MAX_ITEM_NAME_BYTES);
  if (head < FIXED_BYTES || head > Math.min(mostBytes, MAX_FRAME_HEAD_BYTES)) throw corrupt(`a head of ${head} bytes`);
  return head;
}

function checkedName(bytes: Buffer, at: number, length: number, problemOf: (name: string) => string | null): string {
  const name = length > MAX_ITEM_NAME_BYTES ? null : readName(bytes, at, length);
  if (name === null) throw corrupt('a name that is too long or not UTF-8');
  const problem = problemOf(name);
  if (problem !== null) throw corrupt(`a bad name: ${problem}`);
  return name;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function corrupt(what: string): AppError {
  return new AppError('corrupt-data', `a frame of sets has ${what}`);
}
