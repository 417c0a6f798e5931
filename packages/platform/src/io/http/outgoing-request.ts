/** A request that may be sent: its headers are checked against what the connection itself decides. */
import { headerValue, malformed, shown, type Header, type Malformed } from './message-head.ts';
import type { HttpRequest } from './http-request.ts';
import { parseTarget } from './request-target.ts';

export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export type CheckedRequest = { readonly kind: 'outgoing'; readonly request: OutgoingRequest } | Malformed;

/** Ours to decide: left out without a word, so that a request as a browser sends it works. */
const IGNORED: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection']);
/** They change how the message is read, or what the connection is. */
const REFUSED: ReadonlySet<string> = new Set(['transfer-encoding', 'te', 'trailer', 'upgrade', 'expect', 'proxy-authorization', 'http2-settings']);
const USER_AGENT: Header = { name: 'User-Agent', value: 'pappus' };

export function outgoingRequest(request: HttpRequest): CheckedRequest {
  const { method, body } = request;
  if (method.toUpperCase() === 'CONNECT') return malformed('has the method CONNECT, which opens a tunnel and is not done');
  const target = parseTarget(request.url);
  if (target.kind === 'malformed') return target;
  const { url } = target;
  const headers: Header[] = [];
  for (const header of request.headers) {
    const name = header.name.toLowerCase();
    const problem = headerProblem(name, header.value, url, body.length);
    if (problem !== null) return malformed(problem);
    if (!IGNORED.has(name) && name !== 'host' && name !== 'content-length') headers.push(header);
  }
  if (headerValue(headers, 'user-agent') === null) headers.push(USER_AGENT);
  return { kind: 'outgoing', request: { method, url, headers, body } };
}

function headerProblem(name: string, value: string, url: URL, bodyBytes: number): string | null {
  if (REFUSED.has(name)) return `has the header ${name}, which is not for a request to decide`;
  // another name than the one that was checked would reach another site on the same server
  if (name === 'host' && !isHostOf(value, url)) return `has the header Host: ${shown(value)}, but its URL is of ${url.host}`;
  if (name === 'content-length' && value !== String(bodyBytes)) return `has the header Content-Length: ${shown(value)}, but its body has ${bodyBytes} bytes`;
  return null;
}

function isHostOf(value: string, url: URL): boolean {
  const lower = value.toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return lower === url.host || lower === `${url.hostname}:${port}`;
}
