/**
 * Frames one behind the other, as the body of a request or of an answer: each has some sets, or some items of them, so
 * that what is sent need not be known whole before its first byte.
 */
import type { Item, Sets } from './item.ts';
import { corrupt, decodeSets, FIXED_BYTES, frameBytes, headBytes, readEntries } from './set-frame.ts';

/** The sets of all frames, as views of `bytes`: those of one name are one set, and stand where its first part stood. */
export function decodeFrames(bytes: Uint8Array): Sets {
  const sets = new Map<string, Item[]>();
  let at = 0;
  do {
    const rest = bytes.subarray(at);
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
}

/** The items of frames, each as soon as it is there. */
export async function* readFrames(bytes: FrameBytes): AsyncGenerator<FramedItem, void, undefined> {
  let start = await bytes.take(FIXED_BYTES);
  do {
    const head = Buffer.alloc(headBytes(start));
    head.set(start);
    head.set(await exactly(bytes.gather(head.length - FIXED_BYTES), head.length - FIXED_BYTES), FIXED_BYTES);
    const { sets, entries } = readEntries(head);
    const filled = new Set(entries.map(({ set }) => set));
    for (const set of sets) if (!filled.has(set)) yield { kind: 'empty-set', set };
    for (const { set, name, key, bytes: length } of entries) {
      yield { kind: 'item', set, item: { name, key, data: await exactly(bytes.gather(length), length) } };
    }
    start = await bytes.take(FIXED_BYTES);
  } while (start.length > 0);
}

async function exactly(gathered: Promise<Uint8Array>, count: number): Promise<Uint8Array> {
  const bytes = await gathered;
  if (bytes.length < count) throw corrupt('an end before that of its items');
  return bytes;
}
