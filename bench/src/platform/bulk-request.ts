/** One request with a long body, sent as buffers that are there already, and its answer counted or kept. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface BulkAnswer {
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Null unless it was asked for. */
  readonly body: Buffer | null;
}

const SETS_TYPE = 'application/vnd.pappus.sets';
const MAX_PROBLEM_CHARS = 1_000;

export async function bulkRequest(url: string, buffers: readonly Uint8Array[], keep: boolean, signal: AbortSignal): Promise<BulkAnswer> {
  const length = buffers.reduce((sum, { length: bytes }) => sum + bytes, 0);
  const began = performance.now();
  const sending = request(url, { method: 'POST', headers: { 'content-type': SETS_TYPE, accept: SETS_TYPE, 'content-length': length }, signal });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  const sent = pipeline(Readable.from(buffers, { objectMode: true, highWaterMark: 4 }), sending);
  sent.catch(() => {}); // the answer says more, or is missing too
  const [response] = await answered;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (keep || response.statusCode !== 200) pieces.push(piece);
  }
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${Buffer.concat(pieces).toString().slice(0, MAX_PROBLEM_CHARS)}`);
  await sent;
  return { bytes, elapsedMs: performance.now() - began, body: keep ? Buffer.concat(pieces) : null };
}
