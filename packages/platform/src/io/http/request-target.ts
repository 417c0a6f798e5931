/**
 * Which URL a request asks for, exactly. The URL parser of the web repairs much and reads 2130706433, 0x7f.1 and 017700000001
 * as the address 127.0.0.1; everything behind this file sees only what it made of the text.
 */
import { malformed, shown, type Malformed } from './message-head.ts';

export type ParsedTarget = { readonly kind: 'target'; readonly url: URL } | Malformed;

const ABSOLUTE = /^https?:\/\/[^/?#\\]/i;

/** `text` is printable ASCII. */
export function parseTarget(text: string): ParsedTarget {
  if (!ABSOLUTE.test(text)) return malformed(`has the URL ${shown(text)}: expected an absolute http:// or https:// URL`);
  if (text.includes('\\')) return malformed(`has the URL ${shown(text)} with a backslash in it`);
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return malformed(`has the URL ${shown(text)}, which is not a URL`);
  if (url.username !== '' || url.password !== '') return malformed('has a user name or password in its URL: send them in the header Authorization');
  url.hash = '';
  return { kind: 'target', url };
}

/** The host without the brackets of IPv6 and without the dot that a complete name may end with, in lower case. */
export function bareHost(url: URL): string {
  const { hostname } = url;
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}
