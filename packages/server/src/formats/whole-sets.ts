/** Output sets that are all there, as one body of known length. */
import type { InvocationResult } from '@pappus/api';
import { AppError } from '@pappus/core';
import { lengthOf, type Sets } from '@pappus/platform';
import { StatusError } from '../http/problem-of.ts';
import { MAX_JSON_OUTPUT_BYTES } from '../limits.ts';
import type { SetsEncoder } from './sets-encoder.ts';

export interface WholeBody {
  readonly contentType: string;
  /** In their order; items are not copied. */
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
}

export function encodedWhole(sets: Sets, encoder: SetsEncoder): WholeBody {
  const pieces: Uint8Array[] = [];
  for (const { name, items } of sets) {
    for (const item of items) pieces.push(encoder.head(name, item), item.data, encoder.tail(item));
    if (items.length === 0) pieces.push(encoder.emptySet(name));
  }
  pieces.push(encoder.end());
  return { contentType: encoder.contentType, pieces, bytes: lengthOf(pieces) };
}

/** Base64 in JSON: for people and scripts, not for much. */
export function jsonWhole(invocation: string, name: string, hash: string, sets: Sets): WholeBody {
  const bytes = sets.reduce((sum, { items }) => sum + items.reduce((inner, { data }) => inner + data.length, 0), 0);
  if (bytes > MAX_JSON_OUTPUT_BYTES) throw notAcceptable(`the outputs have ${bytes} bytes, more than the ${MAX_JSON_OUTPUT_BYTES} that go as JSON`);
  const result: InvocationResult = {
    invocation,
    name,
    hash,
    sets: sets.map((set) => ({ name: set.name, items: set.items.map(({ name: item, key, data }) => ({ name: item, key, data: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64') })) })),
  };
  const text = Buffer.from(JSON.stringify(result));
  return { contentType: 'application/json', pieces: [text], bytes: text.length };
}

export function notAcceptable(what: string): StatusError {
  const hint = 'Ask for multipart/form-data, application/x-tar or application/vnd.pappus.sets with the header Accept.';
  return new StatusError(406, new AppError('unsupported', what, { hint }));
}
