/**
 * Sets of a task that lie in the shared file. Where they are few long items, only what stands before the bytes is read at
 * once, and an item when it is wanted: mostly to its place in the memory of a guest, without a buffer on the way.
 */
import { FarItem } from '../sets/far-item.ts';
import type { Item, ItemSet, Sets } from '../sets/item.ts';
import { corrupt, decodeSets, FIXED_BYTES, headBytes, readEntries } from '../sets/set-frame.ts';
import { FIRST_SHARED_BYTES, SHARE_FROM_BYTES } from './limits.ts';

/** The thread's view of the file. */
export interface SharedBytes {
  /** They hold until the next call. */
  readShared(at: number, bytes: number): Buffer;
  readSharedInto(at: number, target: Uint8Array): void;
}

class StoredItem extends FarItem {
  readonly #file: SharedBytes;
  readonly #at: number;

  constructor(file: SharedBytes, at: number, item: Pick<Item, 'name' | 'key'>, bytes: number) {
    super(item, bytes);
    this.#file = file;
    this.#at = at;
  }

  copyTo(target: Uint8Array): void {
    this.#file.readSharedInto(this.#at, target);
  }

  pieces(): readonly Uint8Array[] {
    return [this.data];
  }

  protected gathered(): Uint8Array {
    const data = Buffer.allocUnsafeSlow(this.bytes);
    this.copyTo(data);
    return data;
  }
}

/** A frame of so many bytes. The items hold as long as the task has its slot. */
export function storedSets(file: SharedBytes, at: number, bytes: number): Sets {
  const first = file.readShared(at, Math.min(bytes, FIRST_SHARED_BYTES));
  const items = first.length < FIXED_BYTES ? 0 : first.readUInt32LE(12);
  if (headBytes(first) > first.length || bytes < items * SHARE_FROM_BYTES) return decodeSets(file.readShared(at, bytes));
  const head = headBytes(first);
  const { sets, entries } = readEntries(first.subarray(0, head));
  const stored = new Map<string, Item[]>(sets.map((name) => [name, []]));
  let next = head;
  for (const { set, name, key, bytes: length } of entries) {
    stored.get(set)?.push(new StoredItem(file, at + next, { name, key }, length));
    next += length;
  }
  if (next !== bytes) throw corrupt('another length than its items');
  return sets.map((name): ItemSet => ({ name, items: stored.get(name) ?? [] }));
}
