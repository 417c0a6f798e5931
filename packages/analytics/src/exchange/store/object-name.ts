/**
 * Names of the store exchange's objects. One producing fragment writes one object with the rows for all its
 * consumers, one part behind the other in the order of consumers (write combining, as Lambada does), and the
 * name tells where each part is:
 *
 *    prefix / query / e<edge> / p<producer>.<attempt>.<sequence>[z].<size>-<size>-…
 *
 * Sizes are in base 36, one for each consumer. `attempt` is random, so that a fragment that runs again writes
 * other objects; `sequence` counts the objects of one attempt, and `z` marks its last.
 *
 * When the sizes would make the name longer than MAX_OFFSET_NAME_BYTES, `_<bytes>` stands in their place, and
 * the object ends with a trailer: the offset of each part and the end of the last one, 8 bytes each,
 * little-endian. A reader then needs one more small read for each object.
 */
import { AppError, type EdgeId, type QueryId } from '@pappus/core';
import { MAX_OFFSET_NAME_BYTES } from '../limits.ts';

export type Layout =
  | { readonly kind: 'sizes'; readonly sizes: readonly number[] }
  /** `bytes` is the whole object's size, trailer included. */
  | { readonly kind: 'trailer'; readonly bytes: number };

export interface ObjectName {
  readonly producer: number;
  readonly attempt: string;
  readonly sequence: number;
  readonly last: boolean;
  readonly layout: Layout;
}

const NAME = /^p(\d+)\.([0-9a-f]+)\.(\d+)(z?)\.(_?)([0-9a-z-]+)$/;
export const TRAILER_ENTRY_BYTES = 8;

export const queryFolder = (prefix: string, query: QueryId): string => `${prefix}${query}/`;
export const edgeFolder = (prefix: string, query: QueryId, edge: EdgeId): string => `${queryFolder(prefix, query)}e${edge}/`;
export const trailerBytes = (consumers: number): number => (consumers + 1) * TRAILER_ENTRY_BYTES;

/** The layout that a name of at most MAX_OFFSET_NAME_BYTES has room for. */
export function chooseLayout(sizes: readonly number[]): Layout {
  const text = sizes.reduce((length, size) => length + size.toString(36).length + 1, 0);
  if (text <= MAX_OFFSET_NAME_BYTES) return { kind: 'sizes', sizes };
  return { kind: 'trailer', bytes: sizes.reduce((sum, size) => sum + size, 0) + trailerBytes(sizes.length) };
}

/** Without its folder. */
export function printObjectName(name: ObjectName): string {
  const { producer, attempt, sequence, last, layout } = name;
  const where = layout.kind === 'sizes' ? layout.sizes.map((size) => size.toString(36)).join('-') : `_${layout.bytes.toString(36)}`;
  return `p${producer}.${attempt}.${sequence}${last ? 'z' : ''}.${where}`;
}

/** Takes a whole key; throws `corrupt-data` on a name that no writer of ours made. */
export function parseObjectName(key: string): ObjectName {
  const match = NAME.exec(key.slice(key.lastIndexOf('/') + 1));
  const [, producer = '', attempt = '', sequence = '', z = '', mark = '', where = ''] = match ?? [];
  const numbers = where.split('-').map((part) => Number.parseInt(part, 36));
  if (match === null || numbers.some((number) => !Number.isSafeInteger(number))) throw new AppError('corrupt-data', `${key} is no name of an exchange object`);
  const layout: Layout = mark === '' ? { kind: 'sizes', sizes: numbers } : { kind: 'trailer', bytes: numbers[0] ?? 0 };
  return { producer: Number(producer), attempt, sequence: Number(sequence), last: z !== '', layout };
}

export function encodeTrailer(sizes: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(trailerBytes(sizes.length)));
  let offset = 0;
  sizes.forEach((size, consumer) => {
    view.setBigUint64(consumer * TRAILER_ENTRY_BYTES, BigInt(offset), true);
    offset += size;
  });
  view.setBigUint64(sizes.length * TRAILER_ENTRY_BYTES, BigInt(offset), true);
  return new Uint8Array(view.buffer);
}

/** Start and end of a part, from the two trailer entries that frame it. */
export function decodeTrailerEntries(bytes: Uint8Array): { readonly start: number; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { start: Number(view.getBigUint64(0, true)), end: Number(view.getBigUint64(TRAILER_ENTRY_BYTES, true)) };
}
