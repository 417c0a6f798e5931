/** Sending: whole answers in one go, problems, and long answers no faster than the client reads. */
import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, HEADERS, type Problem } from '@pappus/api';
import { AppError, type Clock } from '@pappus/core';
import { JOIN_BELOW_BYTES, LINGER_MS, SEND_STALL_MS, SLICE_BYTES, TEXT_BELOW_BYTES } from '../limits.ts';

/** Headers as node:http takes them without looking twice: name, value, name, value. */
export type FlatHeaders = (string | number)[];

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendBytes(response, status, 'application/json', Buffer.from(JSON.stringify(value)));
}

export function sendBytes(response: ServerResponse, status: number, contentType: string, bytes: Uint8Array): void {
  const headers: FlatHeaders = ['Content-Type', contentType, 'Content-Length', bytes.length];
  response.writeHead(status, headers as string[]);
  response.end(bytes);
}

/** Ends an answer whose head is not sent yet. node:http writes head and body at once only where the body is text. */
export function endWith(response: ServerResponse, body: Uint8Array): void {
  if (body.length > TEXT_BELOW_BYTES) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
}

/** Nothing where the answer has begun or the client is gone. */
export function sendProblem(response: ServerResponse, problem: Problem, retryAfterSeconds: number | null, clock: Clock): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(problem));
  const headers: FlatHeaders = ['Content-Type', PROBLEM_MEDIA_TYPE, 'Content-Length', body.length, 'Cache-Control', 'no-store'];
  if (problem.invocation !== null) headers.push(HEADERS.invocation, problem.invocation);
  if (retryAfterSeconds !== null) headers.push('Retry-After', retryAfterSeconds);
  if (problem.status === 401) headers.push('WWW-Authenticate', 'Bearer');
  response.writeHead(problem.status, headers as string[]);
  response.end(body);
  if (!response.req.complete) linger(response, clock);
}

/** A client that still sends reads the answer only if we go on receiving for a while. */
function linger(response: ServerResponse, clock: Clock): void {
  const { req: request } = response;
  const { socket } = request;
  const end = (): void => {
    if (!request.complete) socket.destroy();
  };
  const timer = clock.schedule(LINGER_MS, end, { background: true });
  socket.once('close', () => timer.cancel());
  request.resume();
}

/** Resolves when the client takes more. Rejects when it is gone, or reads nothing for too long: it is cut off then. */
export function drained(response: ServerResponse, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      response.off('drain', onDrain);
      response.off('close', onClose);
    };
    const onDrain = (): void => {
      end();
      resolve();
    };
    const onClose = (): void => {
      end();
      reject(new AppError('cancelled', 'the client left before the end of its answer'));
    };
    const timer = clock.schedule(SEND_STALL_MS, () => {
      end();
      response.destroy();
      reject(new AppError('cancelled', `the client read nothing of its answer for ${SEND_STALL_MS} ms`));
    });
    if (response.destroyed) return onClose();
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}

/** Writes pieces, small neighbours together, no faster than the client reads; `onProgress` is called whenever it has taken something. */
export async function writePieces(response: ServerResponse, pieces: readonly Uint8Array[], clock: Clock, onProgress?: () => void): Promise<void> {
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!response.write(bytes)) await drained(response, clock);
    onProgress?.();
  };
  const flush = async (): Promise<void> => {
    const [first] = small;
    const joined = small.length === 1 && first !== undefined ? first : Buffer.concat(small, smallBytes);
    small = [];
    smallBytes = 0;
    if (joined.length > 0) await write(joined);
  };
  for (const piece of pieces) {
    if (piece.length <= JOIN_BELOW_BYTES) {
      small.push(piece);
      smallBytes += piece.length;
      if (smallBytes > JOIN_BELOW_BYTES) await flush();
    } else {
      await flush();
      for (let at = 0; at < piece.length; at += SLICE_BYTES) await write(piece.subarray(at, at + SLICE_BYTES));
    }
  }
  await flush();
}
