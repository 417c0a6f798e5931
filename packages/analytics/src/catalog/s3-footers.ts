/** Footers of Parquet objects: one read of an object's end, a second one when its footer is longer than most. */
import { AppError } from '@pappus/core';
import type { ObjectBytes, ObjectInfo, ObjectStore } from '../object-store/object-store.ts';
import { FOOTER_GUESS_BYTES, MAX_FOOTER_BYTES } from './limits.ts';

/** An object's version, however its store writes the ETag. */
export const objectVersion = (etag: string): string => etag.replace(/^W\//, '').replaceAll('"', '');

export interface ObjectFooter {
  /** The object's last bytes: footer, its length and the magic. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly version: string;
}

const TAIL_BYTES = 8;
const MIN_FILE_BYTES = 12;

/** Rejects with `corrupt-data` when the object does not end like a Parquet file; the message names it. */
export async function fetchFooter(store: ObjectStore, object: ObjectInfo, signal: AbortSignal): Promise<ObjectFooter> {
  const label = `s3://${store.bucket}/${object.key}`;
  if (object.sizeBytes < MIN_FILE_BYTES) throw damaged(label, `it has ${object.sizeBytes} bytes, too few for a Parquet file`);
  const end = await store.get(object.key, { suffix: FOOTER_GUESS_BYTES }, signal);
  const length = footerLength(label, end);
  if (length <= end.bytes.byteLength) return footerOf(end, end.bytes.subarray(end.bytes.byteLength - length));
  const rest = { offset: end.sizeBytes - length, length: length - end.bytes.byteLength };
  const front = await store.get(object.key, rest, signal);
  if (front.etag !== end.etag) throw new AppError('unavailable', `${label} changed while its footer was read`, { retryable: true, hint: 'Run it again when nobody writes the table.' });
  return footerOf(end, Buffer.concat([front.bytes, end.bytes]));
}

const footerOf = ({ sizeBytes, etag }: ObjectBytes, bytes: Uint8Array): ObjectFooter => ({ bytes, sizeBytes, version: objectVersion(etag) });

/** Of the footer with what stands behind it. */
function footerLength(label: string, end: ObjectBytes): number {
  const tail = Buffer.from(end.bytes.buffer, end.bytes.byteOffset, end.bytes.byteLength).subarray(-TAIL_BYTES);
  const magic = tail.toString('latin1', 4);
  if (magic === 'PARE') throw new AppError('unsupported', `${label} has an encrypted footer`, { hint: 'Encrypted Parquet files are not read.' });
  if (tail.byteLength < TAIL_BYTES || magic !== 'PAR1') throw damaged(label, 'it does not end with the magic bytes of a Parquet file');
  const length = tail.readUInt32LE(0) + TAIL_BYTES;
  if (length + 4 > end.sizeBytes) throw damaged(label, `its footer claims ${length} of ${end.sizeBytes} bytes`);
  if (length > MAX_FOOTER_BYTES) throw new AppError('resource-exhausted', `${label} has a footer of ${length} bytes; at most ${MAX_FOOTER_BYTES} are read`);
  return length;
}

function damaged(label: string, reason: string): AppError {
  return new AppError('corrupt-data', `cannot read the Parquet file ${label}: ${reason}`, { hint: 'Check that the file was written completely, or move it out of the tables folder.' });
}
