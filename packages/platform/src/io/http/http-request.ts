/** A request as an item: `METHOD URL HTTP/1.1`, headers, an empty line, the body. */
import { MAX_METHOD_CHARS, MAX_URL_CHARS } from '../limits.ts';
import { headText, isToken, malformed, parseHead, shown, type Headers, type Malformed } from './message-head.ts';

export interface HttpRequest {
  readonly method: string;
  /** As it was written; `parseTarget` says whether it is a URL that can be asked. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type ParsedRequest = { readonly kind: 'request'; readonly request: HttpRequest } | Malformed;

/** What is sent is always HTTP/1.1. */
const VERSIONS: readonly string[] = ['HTTP/1.1', 'HTTP/1.0'];
const URL_TEXT = /^[\x21-\x7e]+$/;

export function parseRequest(data: Uint8Array): ParsedRequest {
  const parsed = parseHead(data);
  if (parsed.kind === 'malformed') return parsed;
  const { startLine, headers, body } = parsed.head;
  const [method = '', url = '', version = '', ...more] = startLine.split(' ', 4);
  if (version === '' || more.length > 0) return malformed(`begins with ${shown(startLine)}: expected METHOD URL HTTP/1.1, with single spaces`);
  if (method.length > MAX_METHOD_CHARS || !isToken(method)) return malformed(`has the method ${shown(method)}`);
  if (url.length > MAX_URL_CHARS) return malformed(`has a URL of ${url.length} characters, of which ${MAX_URL_CHARS} are allowed`);
  if (!URL_TEXT.test(url)) return malformed(`has the URL ${shown(url)}: characters other than printable ASCII are percent-encoded`);
  if (!VERSIONS.includes(version)) return malformed(`has the version ${shown(version)}: expected HTTP/1.1`);
  return { kind: 'request', request: { method, url, headers, body } };
}

export function printRequest(request: HttpRequest): Uint8Array {
  return Buffer.concat([Buffer.from(headText(`${request.method} ${request.url} HTTP/1.1`, request.headers), 'latin1'), request.body]);
}
