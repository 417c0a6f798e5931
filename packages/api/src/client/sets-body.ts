/** Sets as the body of an invocation: a tar file, in one piece or as a stream. */
import { AppError } from '@pappus/core';
import { MAX_WHOLE_BODY_BYTES } from '../limits.ts';
import { joined } from './answer-body.ts';
import { emptySet, END_OF_TAR, itemHead, itemPadding } from '../tar/tar-entry.ts';

/** Bytes of an item that need not be in memory as a whole: their number has to be known. */
export interface StreamedData {
  readonly bytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface InputItem {
  readonly name: string;
  /** For `keyed`; 0 if not given. */
  readonly key?: number;
  readonly data: Uint8Array | string | StreamedData;
}

export type InputItems = Iterable<InputItem> | AsyncIterable<InputItem>;
export type InputSets = Readonly<Record<string, InputItems>>;

export type SetsBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** Carries what an item's own source threw through fetch, which knows broken connections only. */
export class SourceFailure extends Error {
  constructor(cause: unknown) {
    super('the source of an item failed', { cause });
  }
}

/** In one piece as long as it is short, since then its length is known and it can be sent again. */
export async function setsBody(sets: InputSets): Promise<SetsBody> {
  const pieces = tarPieces(sets);
  const start: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) return joined(start, bytes);
    start.push(value);
    bytes += value.length;
    if (bytes > MAX_WHOLE_BODY_BYTES) return streamed(start, pieces);
  }
}

async function* tarPieces(sets: InputSets): AsyncGenerator<Uint8Array, void, undefined> {
  for (const [set, items] of Object.entries(sets)) {
    let any = false;
    for await (const { name, key = 0, data } of items) {
      any = true;
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      const size = bytes instanceof Uint8Array ? bytes.length : bytes.bytes;
      yield itemHead(set, name, key, size);
      if (bytes instanceof Uint8Array) yield bytes;
      else yield* exactly(bytes, name);
      yield itemPadding(size);
    }
    if (!any) yield emptySet(set);
  }
  yield END_OF_TAR;
}

async function* exactly({ bytes, chunks }: StreamedData, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  let left = bytes;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) throw new AppError('invalid-argument', `${name} has ${left < 0 ? 'more' : 'fewer'} bytes than the ${bytes} it was said to have: it changed meanwhile`);
}

function streamed(start: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = start[next++];
      if (piece !== undefined) return controller.enqueue(piece);
      const { done, value } = await rest.next().catch((thrown: unknown) => Promise.reject(new SourceFailure(thrown)));
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await rest.return()),
  });
}
