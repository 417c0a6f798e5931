/** Items from a tar file that arrives in pieces: each as soon as its bytes are there. */
import { AppError } from '@pappus/core';
import { ByteQueue } from './byte-queue.ts';
import { splitPath, TarCursor } from './tar-cursor.ts';
import { BLOCK_BYTES, paddingOf } from './tar-header.ts';

export type TarItem =
  | { readonly kind: 'item'; readonly set: string; readonly name: string; readonly key: number; readonly data: Uint8Array }
  | { readonly kind: 'empty-set'; readonly set: string }
  /** The sender could not finish: its problem as JSON. */
  | { readonly kind: 'problem'; readonly json: string };

/** Throws `corrupt-data` for anything but a tar file, and for one that ends before its end. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarItem, void, undefined> {
  const bytes = new ByteQueue(source);
  try {
    yield* itemsOf(bytes);
  } finally {
    await bytes.close();
  }
}

async function* itemsOf(bytes: ByteQueue): AsyncGenerator<TarItem, void, undefined> {
  const cursor = new TarCursor();
  for (;;) {
    const step = cursor.header(await taken(bytes, BLOCK_BYTES));
    switch (step.kind) {
      case 'end':
        return await bytes.drain();
      case 'extension': {
        const content = await taken(bytes, step.size + paddingOf(step.size));
        const json = cursor.extension(step.type, content.subarray(0, step.size));
        if (json !== null) return yield { kind: 'problem', json };
        break;
      }
      case 'folder': {
        const place = splitPath(step.path);
        if (place !== null && place.item === '') yield { kind: 'empty-set', set: place.set };
        break;
      }
      case 'file': {
        const place = splitPath(step.path);
        if (place === null || place.item === '') throw new AppError('corrupt-data', `the tar entry ${JSON.stringify(step.path.slice(0, 100))} is not of the form set/item`);
        const data = await taken(bytes, step.size);
        await taken(bytes, paddingOf(step.size));
        yield { kind: 'item', set: place.set, name: place.item, key: step.key, data };
      }
    }
  }
}

async function taken(bytes: ByteQueue, count: number): Promise<Uint8Array> {
  const found = await bytes.take(count);
  if (found === null) throw new AppError('corrupt-data', 'the tar file ends before its end: the sender went away', { retryable: true });
  return found;
}
