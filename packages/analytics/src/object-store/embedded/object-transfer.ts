/** Bodies between sockets and files: ranges, pacing and the faults that cut a body short. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { sleep, type Clock } from '@pappus/core';
import { drained } from '../drain.ts';
import { MAX_PUT_BYTES, MAX_XML_BYTES } from '../limits.ts';
import type { FaultKind } from './fault-rules.ts';
import { StoreFull, type ObjectFolder, type StoredObject } from './object-folder.ts';
import { S3Refusal } from './s3-refusal.ts';

const CHUNK_BYTES = 1024 * 1024;

interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface SendOptions {
  readonly fault: FaultKind | null;
  readonly clock: Clock;
  readonly bytesPerSecond: number | null;
}

/** Answers GET or HEAD; resolves with the number of body bytes. */
export async function sendObject(object: StoredObject, request: IncomingMessage, response: ServerResponse, options: SendOptions): Promise<number> {
  const span = parseRange(request.headers.range, object.sizeBytes);
  const whole = span ?? { start: 0, end: object.sizeBytes };
  const length = whole.end - whole.start;
  const sentLength = options.fault === 'short-body' ? length >> 1 : length;
  response.writeHead(span === null ? 200 : 206, {
    ETag: object.etag,
    'Accept-Ranges': 'bytes',
    'Content-Length': sentLength,
    'Last-Modified': new Date(object.modifiedMs).toUTCString(),
    ...(span === null ? {} : { 'Content-Range': `bytes ${span.start}-${span.end - 1}/${object.sizeBytes}` }),
  });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return 0;
  }
  const cut = options.fault === 'reset-body' || options.fault === 'truncate-body' || options.fault === 'short-body';
  const file = await open(object.path, 'r');
  try {
    await sendSpan(file, { start: whole.start, end: whole.start + (cut ? length >> 1 : length) }, response, options);
  } finally {
    await file.close();
  }
  if (options.fault === 'reset-body') request.socket.resetAndDestroy();
  else if (options.fault === 'truncate-body') request.socket.end();
  else response.end();
  return cut ? length >> 1 : length;
}

async function sendSpan(file: FileHandle, span: Span, response: ServerResponse, options: SendOptions): Promise<void> {
  const { clock, bytesPerSecond } = options;
  const startMs = clock.nowMs();
  for (let position = span.start; position < span.end && !response.destroyed; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, span.end - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, position);
    if (bytesRead === 0) throw new S3Refusal(500, 'InternalError', 'An object lost its end.');
    position += bytesRead;
    const ready = response.write(bytesRead === chunk.byteLength ? chunk : chunk.subarray(0, bytesRead));
    if (!ready) await drained(response);
    if (bytesPerSecond === null) continue;
    const aheadMs = startMs + ((position - span.start) / bytesPerSecond) * 1_000 - clock.nowMs();
    if (aheadMs > 0) await sleep(clock, aheadMs);
  }
}

/** Null is the whole object. One range only, as S3 has it. */
function parseRange(header: string | undefined, size: number): Span | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start < end) return { start, end };
  throw new S3Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
}

/** Takes a PUT's body into the folder, checks what the client promised about it, and makes it an object. */
export async function receiveObject(objects: ObjectFolder, key: string, request: IncomingMessage, wallMs: number): Promise<StoredObject> {
  const promised = Number(request.headers['content-length'] ?? Number.NaN);
  if (Number.isNaN(promised)) throw new S3Refusal(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (promised > MAX_PUT_BYTES) throw new S3Refusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  const { file, path } = await objects.create(promised);
  try {
    const { bytes, etag } = await receive(file, request).finally(() => file.close());
    if (bytes !== promised) throw new S3Refusal(400, 'IncompleteBody', 'The body is shorter than Content-Length says.');
    const object: StoredObject = { path, sizeBytes: bytes, etag, modifiedMs: wallMs };
    await objects.commit(key, object);
    return object;
  } catch (thrown) {
    await objects.discard(path);
    throw thrown;
  }
}

async function receive(file: FileHandle, request: IncomingMessage): Promise<{ bytes: number; etag: string }> {
  const { 'x-amz-content-sha256': sha256, 'x-amz-checksum-crc32': crcHeader } = request.headers;
  const hash = sha256 === undefined || sha256 === 'UNSIGNED-PAYLOAD' ? null : createHash('sha256');
  let sum = 0;
  let bytes = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    const { bytesWritten } = await file.writev(pending, bytes - pendingBytes);
    if (bytesWritten < pendingBytes) throw new StoreFull();
    [pending, pendingBytes] = [[], 0];
  };
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sum = crc32(chunk, sum);
    hash?.update(chunk);
    pending.push(chunk);
    bytes += chunk.byteLength;
    pendingBytes += chunk.byteLength;
    if (pendingBytes >= CHUNK_BYTES) await flush();
  }
  if (pendingBytes > 0) await flush();
  if (hash !== null && hash.digest('hex') !== sha256) throw new S3Refusal(400, 'XAmzContentSHA256Mismatch', 'The body is not the one that was signed.');
  const crc = Buffer.allocUnsafe(4);
  crc.writeUInt32BE(sum, 0);
  if (crcHeader !== undefined && crcHeader !== crc.toString('base64')) throw new S3Refusal(400, 'BadDigest', 'The CRC-32 does not match the body.');
  return { bytes, etag: `"${crc.toString('hex')}-${bytes.toString(16)}"` };
}

/** The body of a small request as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_XML_BYTES) throw new S3Refusal(400, 'EntityTooLarge', 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
