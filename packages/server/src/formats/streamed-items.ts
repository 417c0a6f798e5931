/** The items of a body that arrives, whatever its form: each as soon as its bytes are there. */
import { tarItems } from '@pappus/api';
import { AppError } from '@pappus/core';
import { readFrames, type Item } from '@pappus/platform';
import { MAX_ITEMS_PER_REQUEST } from '../limits.ts';
import type { IncomingBytes } from './incoming-bytes.ts';
import type { SetsForm } from './media-type.ts';
import { streamedParts } from './multipart-stream.ts';
import { checkedName, partItem } from './request-sets.ts';

export interface StreamedItem {
  readonly set: string;
  /** Null where the body has the set without items. */
  readonly item: Item | null;
}

/** Throws what the decoders of whole bodies throw. */
export function streamedItems(form: Exclude<SetsForm, 'raw'>, contentType: string, bytes: IncomingBytes): AsyncGenerator<StreamedItem, void, undefined> {
  switch (form) {
    case 'frame':
      return framed(bytes);
    case 'tar':
      return tarred(bytes);
    case 'multipart':
      return parted(bytes, contentType);
  }
}

async function* framed(bytes: IncomingBytes): AsyncGenerator<StreamedItem, void, undefined> {
  for await (const found of readFrames(bytes, MAX_ITEMS_PER_REQUEST)) yield { set: found.set, item: found.kind === 'item' ? found.item : null };
}

async function* tarred(bytes: IncomingBytes): AsyncGenerator<StreamedItem, void, undefined> {
  for await (const found of tarItems(bytes, MAX_ITEMS_PER_REQUEST)) {
    switch (found.kind) {
      case 'item':
        yield { set: found.set, item: { name: checkedName(found.name), key: found.key, data: found.data } };
        break;
      case 'empty-set':
        yield { set: found.set, item: null };
        break;
      case 'problem':
        throw new AppError('corrupt-data', 'the tar file says that its sender could not finish it');
    }
  }
}

async function* parted(bytes: IncomingBytes, contentType: string): AsyncGenerator<StreamedItem, void, undefined> {
  const counts = new Map<string, number>();
  for await (const part of streamedParts(bytes, contentType)) {
    const number = counts.get(part.name) ?? 0;
    counts.set(part.name, number + 1);
    yield { set: part.name, item: partItem(part, number) };
  }
}
