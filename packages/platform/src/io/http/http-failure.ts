/**
 * How a request fails, and who hears of it.
 *
 * A failed request is a *response item*, with a status of our own, so that a composition can go on with the others and
 * a function can decide what a missing answer means:
 *
 *     HTTP/1.1 599 Request Failed
 *     Pappus-Error: connection-lost
 *     Content-Type: text/plain; charset=utf-8
 *
 *     example.com ended the connection …
 *
 * No server can send a header that begins with `Pappus-`: those are dropped. What only the author or the operator can
 * mend fails the *run*, and with it the invocation, before anything is sent: an item that is not a request, and a
 * destination that is not allowed. (Where a server redirects to is not the author's doing: that is an item again.)
 */
import { AppError, errorMessage, systemCode } from '@pappus/core';
import { errors } from 'undici';
import { RefusedDestination } from './guarded-connector.ts';
import { responseHead } from './http-response.ts';

export const HTTP_FAILURE_CODES = [
  'name-not-found',
  'connect-failed',
  'tls-failed',
  'timeout',
  'connection-lost',
  'bad-response',
  'response-too-large',
  'too-many-redirects',
  'redirect-refused',
  'overloaded',
  'destination-refused', // the one that fails the run
] as const;
export type HttpFailureCode = (typeof HTTP_FAILURE_CODES)[number];

export interface HttpFailure {
  readonly kind: 'failed';
  readonly code: HttpFailureCode;
  readonly message: string;
  /** What the operator can do about a refusal; null otherwise. */
  readonly hint: string | null;
  /** `never`: it would fail again. `unsent`: the server has seen nothing of it. `perhaps`: it may have been carried out. */
  readonly repeat: 'never' | 'unsent' | 'perhaps';
}

export const FAILED_STATUS = 599;

export const httpFailure = (code: HttpFailureCode, message: string, repeat: HttpFailure['repeat'] = 'never', hint: string | null = null): HttpFailure => ({ kind: 'failed', code, message, repeat, hint });

export const overloaded = (where: string): HttpFailure => httpFailure('overloaded', `${where}: too many bytes of responses are being received`);

/** The item that stands for the response that didn't come. */
export function failureItem({ code, message }: HttpFailure): Uint8Array {
  const headers = [
    { name: 'Pappus-Error', value: code },
    { name: 'Content-Type', value: 'text/plain; charset=utf-8' },
  ];
  return Buffer.concat([responseHead(FAILED_STATUS, 'Request Failed', headers), Buffer.from(`${message}\n`)]);
}

const BY_SYSTEM_CODE: ReadonlyMap<string, HttpFailureCode> = new Map([
  ['ENOTFOUND', 'name-not-found'],
  ['EAI_AGAIN', 'connect-failed'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'bad-response'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'bad-response'],
]);

/** Node's and OpenSSL's names of what can be wrong with a certificate or a handshake. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

/** What undici, the system or the connector reported. `sent`: the connection stood and the request was under way. */
export function httpFailureOf(error: unknown, sent: boolean, where: string): HttpFailure {
  if (error instanceof RefusedDestination) return httpFailure('destination-refused', error.message, 'never', error.hint);
  if (error instanceof AppError && error.code === 'deadline-exceeded') return httpFailure('timeout', error.message);
  const system = systemCode(error) ?? '';
  const repeat = sent ? 'perhaps' : 'unsent';
  const code = error instanceof errors.HTTPParserError ? 'bad-response' : codeOf(system, sent);
  const text = `${where}: ${errorMessage(error) || system}`;
  switch (code) {
    case 'name-not-found':
      return httpFailure(code, `${where}: there is no such name`);
    case 'timeout':
      // a server that is too slow once is not asked for the same work again
      return httpFailure(code, text, sent ? 'never' : 'unsent');
    case 'tls-failed':
    case 'bad-response':
      return httpFailure(code, text);
    default:
      return httpFailure(code, text, repeat);
  }
}

function codeOf(system: string, sent: boolean): HttpFailureCode {
  if (TLS_CODE.test(system)) return 'tls-failed';
  return BY_SYSTEM_CODE.get(system) ?? (sent ? 'connection-lost' : 'connect-failed');
}
