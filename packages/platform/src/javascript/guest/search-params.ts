/** `URLSearchParams`. */
import type { Define, GuestHost, GuestPart } from './guest-host.ts';

declare const host: GuestHost;
declare const define: Define;

type Pair = [name: string, value: string];

class URLSearchParams {
  #pairs: Pair[];
  /** Tells the URL that these belong to. */
  #changed: (query: string) => void = () => undefined;

  constructor(init?: unknown) {
    this.#pairs = initialPairs(init);
  }

  /** For `URL`: the parameters of one, which tell it of every change. Removed before a program can see it. */
  static ofUrl(query: string, changed: (query: string) => void): URLSearchParams {
    const params = new URLSearchParams(query);
    params.#changed = changed;
    return params;
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#replace([...this.#pairs, [String(name), String(value)]]);
  }

  delete(name: unknown, value?: unknown): void {
    this.#replace(this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value))));
  }

  get(name: unknown): string | null {
    return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter(([n]) => n === String(name)).map(([, value]) => value);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value)));
  }

  set(name: unknown, value: unknown): void {
    const at = this.#pairs.findIndex(([n]) => n === String(name));
    if (at < 0) return this.append(name, value);
    const others = this.#pairs.filter(([n], index) => index <= at || n !== String(name));
    this.#replace(others.with(at, [String(name), String(value)]));
  }

  sort(): void {
    this.#replace(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#pairs) Reflect.apply(callback, self, [value, name, this]);
  }

  *entries(): Generator<Pair> {
    for (let i = 0; i < this.#pairs.length; i++) yield [...(this.#pairs[i] as Pair)];
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join('&');
  }

  #replace(pairs: Pair[]): void {
    this.#pairs = pairs;
    this.#changed(this.toString());
  }
}

function initialPairs(init: unknown): Pair[] {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object') return queryPairs(String(init).replace(/^\?/, ''));
  if (!(Symbol.iterator in init)) return Object.entries(init).map(([name, value]) => [name, String(value)]);
  return Array.from(init as Iterable<Iterable<unknown>>, (pair) => {
    const two = Array.from(pair, String);
    if (two.length !== 2) throw new TypeError('URLSearchParams: a pair has a name and a value');
    return two as Pair;
  });
}

function queryPairs(query: string): Pair[] {
  const parts = query.split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [formDecoded(part), ''] : [formDecoded(part.slice(0, at)), formDecoded(part.slice(at + 1))];
  });
}

function formEncoded(text: string): string {
  const escape = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+').replace(/[!'()~]/g, escape);
}

/** Percent signs that begin nothing stay, and so does what is no UTF-8 until it is decoded. */
function formDecoded(text: string): string {
  const plain = text.replaceAll('+', ' ');
  if (!plain.includes('%')) return plain;
  const raw = host.encode(plain.toWellFormed());
  const bytes: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const hex = raw[i] === 0x25 ? String.fromCharCode(raw[i + 1] ?? 0, raw[i + 2] ?? 0) : '';
    const isEscape = /^[0-9a-fA-F]{2}$/.test(hex);
    bytes.push(isEscape ? Number.parseInt(hex, 16) : (raw[i] as number));
    if (isEscape) i += 2;
  }
  return host.decode(Uint8Array.from(bytes), false) as string;
}

export function installSearchParams(): typeof URLSearchParams.ofUrl {
  const { ofUrl } = URLSearchParams;
  Reflect.deleteProperty(URLSearchParams, 'ofUrl');
  define('URLSearchParams', URLSearchParams);
  return ofUrl;
}

export const searchParamsParts: readonly GuestPart[] = [URLSearchParams, initialPairs, queryPairs, formEncoded, formDecoded, installSearchParams];
