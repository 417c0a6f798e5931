/** Items from a tar file that arrives in pieces: each as soon as its bytes are there. */
import { AppError } from '@pappus/core';
import { ByteQueue } from './byte-queue.ts';
import { notInSet, splitPath, TarCursor } from './tar-cursor.ts';
import { BLOCK_BYTES, paddingOf } from './tar-header.ts';

export type TarItem =
  | { readonly kind: 'item'; readonly set: string; readonly name: string; readonly key: number; readonly data: Uint8Array }
  | { readonly kind: 'empty-set'; readonly set: string }
  /** The sender could not finish: its problem as JSON. */
  | { readonly kind: 'problem'; readonly json: string };

/** What a tar file is read from. */
export interface ArrivingBytes {
  /** The next `count` bytes, or all that come; they hold until the next call. */
  take(count: number): Promise<Uint8Array>;
  /** The same, to be kept. */
  gather(count: number): Promise<Uint8Array>;
  drain(): Promise<void>;
}

/** Throws `corrupt-data` for anything but a tar file, and for one that ends before its end. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarItem, void, undefined> {
  const bytes = new ByteQueue(source);
  try {
    yield* tarItems(bytes);
  } finally {
    await bytes.close();
  }
}

/** As `readTar`, from bytes that somebody else ends; `resource-exhausted` for too many entries. */
export async function* tarItems(bytes: ArrivingBytes, maxEntries: number = Infinity): AsyncGenerator<TarItem, void, undefined> {
  const cursor = new TarCursor(maxEntries);
  for (;;) {
    const step = cursor.header(await exactly(bytes.take(BLOCK_BYTES), BLOCK_BYTES));
    switch (step.kind) {
      case 'end':
        return await bytes.drain();
      case 'extension': {
        const length = step.size + paddingOf(step.size);
        const content = await exactly(bytes.take(length), length);
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
        if (place === null || place.item === '') throw notInSet(step.path);
        const data = await exactly(bytes.gather(step.size), step.size);
        const padding = paddingOf(step.size);
        await exactly(bytes.take(padding), padding);
        yield { kind: 'item', set: place.set, name: place.item, key: step.key, data };
      }
    }
  }
}

async function exactly(taken: Promise<Uint8Array>, count: number): Promise<Uint8Array> {
  const found = await taken;
  if (found.length < count) throw new AppError('corrupt-data', 'the tar file ends before its end: the sender went away', { retryable: true });
  return found;
}
