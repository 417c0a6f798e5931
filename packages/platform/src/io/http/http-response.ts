/** A response as an item: `HTTP/1.1 STATUS REASON`, headers, an empty line, the body. */
import { headText, isFieldText, malformed, parseHead, shown, type Headers, type Malformed } from './message-head.ts';

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type ParsedResponse = { readonly kind: 'response'; readonly response: HttpResponse } | Malformed;

const STATUS_LINE = /^HTTP\/1\.1 ([1-9]\d\d)(?: (.*))?$/;

/** The reverse of what the HTTP function gives; for whoever reads responses in JavaScript. */
export function parseResponse(data: Uint8Array): ParsedResponse {
  const parsed = parseHead(data);
  if (parsed.kind === 'malformed') return parsed;
  const { startLine, headers, body } = parsed.head;
  const match = STATUS_LINE.exec(startLine);
  const reason = match?.[2] ?? '';
  if (match === null || !isFieldText(reason)) return malformed(`begins with ${shown(startLine)}: expected HTTP/1.1 STATUS REASON`);
  return { kind: 'response', response: { status: Number(match[1]), reason, headers, body } };
}

export function printResponse(response: HttpResponse): Uint8Array {
  return Buffer.concat([responseHead(response.status, response.reason, response.headers), response.body]);
}

/** Everything before the body. */
export function responseHead(status: number, reason: string, headers: Headers): Buffer {
  const line = reason === '' ? `HTTP/1.1 ${status}` : `HTTP/1.1 ${status} ${reason}`;
  return Buffer.from(headText(line, headers), 'latin1');
}
