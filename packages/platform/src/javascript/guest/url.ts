/** `URL` and `URLSearchParams`. Parsing is the host's, which follows the standard to the letter; the rest is here. */
import type { Define, GuestHost } from './guest-host.ts';

export function installUrl(host: GuestHost, define: Define): void {
  const HREF = 0;
  const SEARCH = 9;
  /** In the order of `GuestHost.url`. */
  const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

  const encoded = (text: string): string =>
    encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+').replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const decoded = (text: string): string => {
    const plain = text.replaceAll('+', ' ');
    if (!plain.includes('%')) return plain;
    const bytes: number[] = [];
    const raw = host.encode(plain.toWellFormed());
    for (let i = 0; i < raw.length; i++) {
      const hex = raw[i] === 37 ? String.fromCharCode(raw[i + 1] ?? 0, raw[i + 2] ?? 0) : '';
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        bytes.push(Number.parseInt(hex, 16));
        i += 2;
      } else bytes.push(raw[i] as number);
    }
    return host.decode(Uint8Array.from(bytes), false) as string;
  };
  const parsePairs = (query: string): [string, string][] =>
    query.split('&').filter((part) => part !== '').map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decoded(part), ''] : [decoded(part.slice(0, at)), decoded(part.slice(at + 1))];
    });
  const initialPairs = (init: unknown): [string, string][] => {
    if (init === undefined || init === null) return [];
    if (typeof init !== 'object') return parsePairs(String(init).replace(/^\?/, ''));
    if (Symbol.iterator in init) {
      return Array.from(init as Iterable<Iterable<unknown>>, (pair) => {
        const two = Array.from(pair, String);
        if (two.length !== 2) throw new TypeError('URLSearchParams: a pair has a name and a value');
        return [two[0] as string, two[1] as string];
      });
    }
    return Object.entries(init).map(([name, value]) => [name, String(value)]);
  };

  const changed = Symbol('changed');
  class URLSearchParams {
    #pairs: [string, string][];
    /** Tells the URL that this belongs to. */
    [changed]: (query: string) => void = () => undefined;

    constructor(init?: unknown) {
      this.#pairs = initialPairs(init);
    }

    get size(): number {
      return this.#pairs.length;
    }
    #replace(pairs: [string, string][]): void {
      this.#pairs = pairs;
      this[changed](this.toString());
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
      return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v);
    }
    has(name: unknown, value?: unknown): boolean {
      return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value)));
    }
    set(name: unknown, value: unknown): void {
      const at = this.#pairs.findIndex(([n]) => n === String(name));
      if (at < 0) return this.append(name, value);
      this.#replace(this.#pairs.filter(([n], i) => i <= at || n !== String(name)).map((pair, i) => (i === at ? [pair[0], String(value)] : pair)));
    }
    sort(): void {
      this.#replace(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    }
    forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
      for (const [name, value] of this.#pairs) Reflect.apply(callback, self, [value, name, this]);
    }
    *entries(): Generator<[string, string]> {
      for (let i = 0; i < this.#pairs.length; i++) yield [...(this.#pairs[i] as [string, string])];
    }
    *keys(): Generator<string> {
      for (const [name] of this.entries()) yield name;
    }
    *values(): Generator<string> {
      for (const [, value] of this.entries()) yield value;
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries();
    }
    toString(): string {
      return this.#pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
    }
  }

  let part: (url: URL, index: number) => string;
  let change: (url: URL, name: string, value: string) => void;
  class URL {
    #parts: string[];
    #params: URLSearchParams | null = null;

    constructor(input: unknown, base?: unknown) {
      const parts = host.url(String(input), base === undefined ? undefined : String(base));
      if (parts === null) throw new TypeError(`Invalid URL: ${String(input)}`);
      this.#parts = parts.split('\n');
    }

    static canParse(input: unknown, base?: unknown): boolean {
      return host.url(String(input), base === undefined ? undefined : String(base)) !== null;
    }
    static parse(input: unknown, base?: unknown): URL | null {
      return URL.canParse(input, base) ? new URL(input, base) : null;
    }
    static {
      part = (url, index) => url.#parts[index] as string;
      change = (url, name, value) => {
        const parts = host.url(url.#parts[HREF] as string, undefined, name, value);
        if (parts === null) throw new TypeError(`Invalid URL: ${value}`);
        url.#parts = parts.split('\n');
        if (name === 'search' || name === 'href') url.#params = null;
      };
    }
    get searchParams(): URLSearchParams {
      if (this.#params === null) {
        const params = new URLSearchParams(this.#parts[SEARCH]);
        params[changed] = (query) => {
          change(this, 'search', query);
          this.#params = params;
        };
        this.#params = params;
      }
      return this.#params;
    }
    toString(): string {
      return this.#parts[HREF] as string;
    }
    toJSON(): string {
      return this.#parts[HREF] as string;
    }
  }

  PARTS.forEach((name, index) => {
    const get = function (this: URL): string {
      return part(this, index);
    };
    const set = function (this: URL, value: unknown): void {
      change(this, name, String(value));
    };
    Object.defineProperty(URL.prototype, name, name === 'origin' ? { get, configurable: true, enumerable: true } : { get, set, configurable: true, enumerable: true });
  });
  define('URL', URL);
  define('URLSearchParams', URLSearchParams);
}
