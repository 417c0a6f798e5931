/** Sending: whole answers in one go, problems, and long answers no faster than the client reads. */
import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, HEADERS, type Problem } from '@pappus/api';
import { AppError, type CancelSignal, type Clock, type Timer } from '@pappus/core';
import { JOIN_BELOW_BYTES, LINGER_MS, SEND_STALL_MS, SLICE_BYTES, TEXT_BELOW_BYTES } from '../limits.ts';

/** Headers as node:http takes them without looking twice: name, value, name, value. */
export type FlatHeaders = (string | number)[];

/** What sending is bound to. */
export interface Sending {
  readonly clock: Clock;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: CancelSignal;
}

export function sendJson(response: ServerResponse, status: number, value: unknown, sending: Sending): Promise<void> {
  return sendBytes(response, status, 'application/json', Buffer.from(JSON.stringify(value)), sending);
}

export function sendBytes(response: ServerResponse, status: number, contentType: string, bytes: Uint8Array, sending: Sending): Promise<void> {
  const headers: FlatHeaders = ['Content-Type', contentType, 'Content-Length', bytes.length];
  response.writeHead(status, headers as string[]);
  return endWith(response, bytes, sending);
}

/**
 * Ends an answer, and resolves when all of it has left, which is at once for most; rejects as `taken` does. node:http
 * writes a head that is not sent yet together with the body only where the body is text.
 */
export function endWith(response: ServerResponse, body: Uint8Array, sending: Sending): Promise<void> {
  if (body.length > SLICE_BYTES) return endWithPieces(response, [body], sending);
  if (body.length > TEXT_BELOW_BYTES) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
  return left(response, sending);
}

/** The same for what is long, or in many pieces. */
export async function endWithPieces(response: ServerResponse, pieces: readonly Uint8Array[], sending: Sending): Promise<void> {
  await writePieces(response, pieces, sending);
  response.end();
  await left(response, sending);
}

const SENT: Promise<void> = Promise.resolve();
const left = (response: ServerResponse, sending: Sending): Promise<void> => (response.writableLength === 0 ? SENT : taken(response, 'finish', sending));

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
  // The request need not tell of its end, and a connection has many: nothing listens, the timer looks.
  inTurn(response, () => void clock.schedule(LINGER_MS, end, { background: true }));
  request.resume();
}

/** Behind the answer to another request of its connection, nothing of it has left. */
export const isQueued = (response: ServerResponse): boolean => response.socket === null && !response.writableFinished;

/** What concerns the connection waits until the answers before this one have left; where they never do, it does not happen. */
export function inTurn(response: ServerResponse, act: () => void): void {
  if (isQueued(response)) response.once('socket', act);
  else act();
}

/** Ends an answer where it stands, and its connection with it. */
export function cutOff(response: ServerResponse, reason?: Error): void {
  inTurn(response, () => response.destroy(reason));
}

/** Resolves when the client has taken what was written; rejects when it is gone, reads nothing for too long, which cuts it off, or nobody waits any more. */
function taken(response: ServerResponse, event: 'drain' | 'finish', { clock, signal }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      response.off(event, onTaken);
      response.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (reason: unknown): void => {
      end();
      reject(reason);
    };
    const onTaken = (): void => {
      end();
      resolve();
    };
    const onClose = (): void => fail(new AppError('cancelled', 'the client left before the end of its answer'));
    const onAbort = (): void => fail(signal.reason);
    const stall = (): Timer =>
      clock.schedule(SEND_STALL_MS, () => {
        if (isQueued(response)) return void (timer = stall());
        response.destroy();
        fail(new AppError('cancelled', `the client read nothing of its answer for ${SEND_STALL_MS} ms`));
      });
    let timer = stall();
    if (response.destroyed) return onClose();
    if (signal.aborted) return onAbort();
    response.on(event, onTaken);
    response.on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Writes pieces, small neighbours together, no faster than the client reads; `onProgress` is called whenever it has taken something. */
export async function writePieces(response: ServerResponse, pieces: readonly Uint8Array[], sending: Sending, onProgress?: () => void): Promise<void> {
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!response.write(bytes)) await taken(response, 'drain', sending);
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
