/**
 * Which URLs may be asked, as the operator writes them:
 *
 *     pattern := "*" | scheme "://" host [ ":" port ] [ path ]
 *     scheme  := "http" | "https" | "*"
 *     host    := name | IPv4 | "[" IPv6 "]" | "*." name | "*"
 *     port    := number | "*"               without one: the scheme's own
 *     path    := "/" … with "*" for anything; one that ends in "/" stands for all below it; without one: every path
 *
 * The query is not looked at. `*.example.com` stands for every name below example.com, not for example.com.
 */
import { AppError } from '@pappus/core';
import { MAX_PATTERN_CHARS, MAX_PATTERNS } from '../limits.ts';
import { bareHost } from './request-target.ts';

export interface DestinationPattern {
  readonly text: string;
  /** With its colon, as in `URL.protocol`; null for both. */
  readonly protocol: string | null;
  readonly host: HostPattern;
  /** `own`: that of the URL's scheme; null for any. */
  readonly port: number | 'own' | null;
  /** What stands between the stars of the path; null for every path. */
  readonly path: readonly string[] | null;
}

export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'below'; readonly suffix: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string };

const SYNTAX = /^(http|https|\*):\/\/(\*|\*\.[^*/:[\]]+|[^*/:[\]]+|\[[0-9a-fA-F:.]+\])(?::(\*|\d{1,5}))?(\/[^?#]*)?$/;
const EVERYTHING: Omit<DestinationPattern, 'text'> = { protocol: null, host: { kind: 'any' }, port: null, path: null };
const OWN_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const MAX_PORT = 65_535;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** All patterns, or one error that names each that is not one. `setting` is where they were written. */
export function parsePatterns(texts: readonly string[], setting: string): readonly DestinationPattern[] {
  if (texts.length > MAX_PATTERNS) throw new AppError('invalid-argument', `${setting} has ${texts.length} patterns, of which ${MAX_PATTERNS} are allowed`);
  const patterns = texts.map(parsePattern);
  const wrong = texts.filter((_, index) => patterns[index] === null);
  if (wrong.length === 0) return patterns.filter((pattern) => pattern !== null);
  const list = wrong.map((text) => JSON.stringify(text.slice(0, 200))).join(', ');
  throw new AppError('invalid-argument', `${setting} has no destination pattern in ${list}`, { hint: 'write patterns such as https://api.example.com/*, http://127.0.0.1:8080/ or *' });
}

function parsePattern(text: string): DestinationPattern | null {
  if (text === '*') return { text, ...EVERYTHING };
  if (text.length > MAX_PATTERN_CHARS) return null;
  const match = SYNTAX.exec(text);
  if (match === null) return null;
  const [, scheme = '', hostText = '', portText, pathText] = match;
  const protocol = scheme === '*' ? null : `${scheme}:`;
  const host = parseHost(hostText);
  const port = portText === undefined || portText === '*' ? portText : Number(portText);
  if (host === null || (typeof port === 'number' && port > MAX_PORT)) return null;
  return { text, protocol, host, port: port === '*' ? null : (port ?? 'own'), path: parsePath(pathText) };
}

function parseHost(text: string): HostPattern | null {
  if (text === '*') return { kind: 'any' };
  const below = text.startsWith('*.');
  const url = URL.parse(`http://${below ? text.slice(2) : text}/`);
  if (url === null || url.username !== '' || url.hostname === '') return null;
  const host = bareHost(url);
  const address = IPV4.test(host) || host.includes(':');
  if (below) return address ? null : { kind: 'below', suffix: `.${host}` };
  return address ? { kind: 'address', address: host } : { kind: 'name', name: host };
}

function parsePath(text: string | undefined): readonly string[] | null {
  if (text === undefined || text === '/' || text === '/*') return null;
  const pieces = text.split('*');
  return text.endsWith('/') ? [...pieces, ''] : pieces;
}

export function matches(pattern: DestinationPattern, url: URL): boolean {
  if (pattern.protocol !== null && pattern.protocol !== url.protocol) return false;
  if (pattern.port !== null && (pattern.port === 'own' ? OWN_PORTS[url.protocol] : pattern.port) !== portOf(url)) return false;
  return hostMatches(pattern.host, bareHost(url)) && (pattern.path === null || pathMatches(pattern.path, url.pathname));
}

/** The URL parser drops the port that is the scheme's own. */
const portOf = (url: URL): number | undefined => (url.port === '' ? OWN_PORTS[url.protocol] : Number(url.port));

function hostMatches(pattern: HostPattern, host: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'below':
      return host.length > pattern.suffix.length && host.endsWith(pattern.suffix);
    case 'name':
      return host === pattern.name;
    case 'address':
      return host === pattern.address;
  }
}

/** Servers differ in what they make of these in a path, so that what is below a folder here may be above it there. */
const AMBIGUOUS = /%2f|%5c|%2e|%00|\/\//i;

/** Greedy from the left: linear in the path for each piece, whatever the pattern. */
function pathMatches(pieces: readonly string[], path: string): boolean {
  if (AMBIGUOUS.test(path)) return false;
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return path === first;
  const last = pieces.at(-1) ?? '';
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length) return false;
  const end = path.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = path.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
