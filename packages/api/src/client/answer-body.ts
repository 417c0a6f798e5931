/** The body of an answer as a whole, counted as it comes: its length may not be said, or be that of what was compressed. */
import { AppError } from '@pappus/core';

export interface BodyBound {
  /** Of whose answer. */
  readonly what: string;
  readonly maxBytes: number;
}

export async function wholeBody({ headers, body }: Response, bound: BodyBound): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(headers.get('content-length') ?? 0) > bound.maxBytes) {
    await body?.cancel();
    throw tooLong(bound);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > bound.maxBytes) throw tooLong(bound);
    chunks.push(chunk);
  }
  return joined(chunks, bytes);
}

export function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const tooLong = ({ what, maxBytes }: BodyBound): AppError => new AppError('resource-exhausted', `the answer to ${what} has more than ${maxBytes} bytes`);
