/** Where a response sends the client, and with what (RFC 9110, 15.4; and what the web has made of it). */
import { headerValue, type Header, type Headers } from './message-head.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import { parseTarget } from './request-target.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const SEE_OTHER = 303;
const PRINTABLE = /^[\x21-\x7e]+$/;
/** Meant for the server that was asked, not for whom it names. */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'cookie', 'cookie2', 'x-api-key', 'x-amz-security-token']);
const OF_A_BODY = /^content-/i;

export type Redirect = { readonly kind: 'none' } | { readonly kind: 'to'; readonly request: OutgoingRequest } | { readonly kind: 'wrong'; readonly problem: string };

const NONE: Redirect = { kind: 'none' };

export function redirectOf(request: OutgoingRequest, status: number, headers: Headers): Redirect {
  if (!REDIRECTS.has(status)) return NONE;
  const location = headerValue(headers, 'location');
  if (location === null) return NONE;
  const url = PRINTABLE.test(location) ? URL.parse(location, request.url) : null;
  const target = url === null ? null : parseTarget(url.href);
  if (target?.kind !== 'target') return { kind: 'wrong', problem: 'redirects to what is not an http:// or https:// URL' };
  const { method, body } = methodAfter(request, status);
  const keepsBody = body.length > 0;
  const sameOrigin = target.url.origin === request.url.origin;
  const kept = request.headers.filter(({ name }) => (keepsBody || !OF_A_BODY.test(name)) && (sameOrigin || !isSecret(name)));
  return { kind: 'to', request: { method, url: target.url, headers: kept, body } };
}

function methodAfter({ method, body }: OutgoingRequest, status: number): { readonly method: string; readonly body: Uint8Array } {
  const becomesGet = status === SEE_OTHER ? method !== 'HEAD' && method !== 'GET' : (status === 301 || status === 302) && method === 'POST';
  return becomesGet ? { method: 'GET', body: new Uint8Array(0) } : { method, body };
}

const isSecret = (name: string): boolean => SECRET.has(name.toLowerCase());

/** For a response that is not of the URL that was asked. */
export const finalUrlHeader = (url: URL): Header => ({ name: 'Pappus-Url', value: url.href });
