/**
 * Frames one behind the other, as the body of a request or of an answer: each has some sets, or some items of them, so
 * that what is sent need not be known whole before its first byte.
 */
import { AppError } from '@pappus/core';
import type { Item, Sets } from './item.ts';
import { PIECED_FROM_BYTES } from './limits.ts';
import { PiecedItem } from './pieced-item.ts';
import { corrupt, decodeSets, FIXED_BYTES, frameBytes, headBytes, headCounts, readEntries } from './set-frame.ts';

/**
 * The sets of all frames, as views of `bytes`: those of one name are one set, and stand where its first part stood. Throws
 * `resource-exhausted` for more than `maxItems`, before it looks at what the frame with too many of them has.
 */
export function decodeFrames(bytes: Uint8Array, maxItems: number): Sets {
  const sets = new Map<string, Item[]>();
  const count = new ItemCount(maxItems);
  let at = 0;
  do {
    const rest = bytes.subarray(at);
    count.add(rest);
    const length = frameBytes(rest) ?? rest.length;
    for (const { name, items } of decodeSets(rest.subarray(0, length))) {
      const known = sets.get(name);
      if (known === undefined) sets.set(name, [...items]);
      else for (const item of items) known.push(item);
    }
    at += length;
  } while (at < bytes.length);
  return [...sets].map(([name, items]) => ({ name, items }));
}

export type FramedItem =
  | { readonly kind: 'item'; readonly set: string; readonly item: Item }
  /** A set that the frame has no items of. */
  | { readonly kind: 'empty-set'; readonly set: string };

/** Bytes of frames that arrive: the next `count` of them, or all that come; those that were gathered may be kept. */
export interface FrameBytes {
  take(count: number): Promise<Uint8Array>;
  gather(count: number): Promise<Uint8Array>;
  gatherPieces(count: number): Promise<readonly Uint8Array[]>;
}

/** The items of frames, each as soon as it is there; not more than `maxItems`. */
export async function* readFrames(bytes: FrameBytes, maxItems: number): AsyncGenerator<FramedItem, void, undefined> {
  const count = new ItemCount(maxItems);
  let start = await bytes.take(FIXED_BYTES);
  do {
    const fixed = Uint8Array.from(start);
    count.add(fixed);
    const length = headBytes(fixed) - FIXED_BYTES;
    const { sets, entries } = readEntries(Buffer.concat([fixed, await exactly(bytes.gather(length), length)]));
    const filled = new Set(entries.map(({ set }) => set));
    for (const set of sets) if (!filled.has(set)) yield { kind: 'empty-set', set };
    for (const { set, name, key, bytes: length } of entries) {
      yield { kind: 'item', set, item: length < PIECED_FROM_BYTES ? { name, key, data: await exactly(bytes.gather(length), length) } : await pieced(bytes, { name, key }, length) };
    }
    start = await bytes.take(FIXED_BYTES);
  } while (start.length > 0);
}

async function pieced(bytes: FrameBytes, item: Pick<Item, 'name' | 'key'>, length: number): Promise<Item> {
  const found = new PiecedItem(item, await bytes.gatherPieces(length));
  if (found.bytes < length) throw corrupt('an end before that of its items');
  return found;
}

/** Items of frames by what their heads say. A frame counts at least as one, and a set without items as well: no body has frames without end. */
class ItemCount {
  readonly #maxItems: number;
  #count = 0;

  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  add(start: Uint8Array): void {
    const { sets, items } = headCounts(start);
    this.#count += Math.max(1, sets, items);
    if (this.#count > this.#maxItems) throw new AppError('resource-exhausted', `the frames have more than ${this.#maxItems} items`);
  }
}

async function exactly(gathered: Promise<Uint8Array>, count: number): Promise<Uint8Array> {
  const bytes = await gathered;
  if (bytes.length < count) throw corrupt('an end before that of its items');
  return bytes;
}
