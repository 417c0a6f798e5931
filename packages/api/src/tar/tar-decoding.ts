/** A whole tar file in memory as items: views of its bytes, no copies. */
import { AppError } from '@pappus/core';
import { notInSet, splitPath, TarCursor } from './tar-cursor.ts';
import { BLOCK_BYTES, paddingOf } from './tar-header.ts';

export interface DecodedTar {
  /** By set, in the order of the file; an empty folder is an empty set. */
  readonly sets: ReadonlyMap<string, readonly { readonly name: string; readonly key: number; readonly data: Uint8Array }[]>;
}

/** Throws `corrupt-data` for anything but a tar file, `invalid-argument` for entries that are no items, `resource-exhausted` for too many. */
export function decodeTar(bytes: Uint8Array, maxItems: number): DecodedTar {
  const sets = new Map<string, { name: string; key: number; data: Uint8Array }[]>();
  const itemsOf = (set: string): { name: string; key: number; data: Uint8Array }[] => {
    const items = sets.get(set) ?? [];
    if (items.length === 0) sets.set(set, items);
    return items;
  };
  const cursor = new TarCursor(maxItems);
  let at = 0;
  const taken = (size: number): Uint8Array => {
    if (size > bytes.length - at) throw new AppError('corrupt-data', 'the tar file ends before its end');
    at += size;
    return bytes.subarray(at - size, at);
  };
  for (;;) {
    const step = cursor.header(taken(BLOCK_BYTES));
    if (step.kind === 'end') return { sets };
    if (step.kind === 'extension') {
      cursor.extension(step.type, taken(step.size));
      taken(paddingOf(step.size));
      continue;
    }
    const place = splitPath(step.path);
    if (step.kind === 'folder') {
      if (place !== null && place.item === '') itemsOf(place.set);
      continue;
    }
    if (place === null || place.item === '') throw notInSet(step.path);
    itemsOf(place.set).push({ name: place.item, key: step.key, data: taken(step.size) });
    taken(Math.min(paddingOf(step.size), bytes.length - at));
  }
}
