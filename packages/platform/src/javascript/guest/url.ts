/** `URL`. Parsing is the host's, which follows the standard to the letter. */
import type { Define, GuestHost, GuestPart } from './guest-host.ts';
import type { installSearchParams as InstallSearchParams } from './search-params.ts';

declare const host: GuestHost;
declare const define: Define;
declare const installSearchParams: typeof InstallSearchParams;

class URL {
  /** As `urlPartNames` has them. */
  #parts: readonly string[];
  #params: unknown = null;

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

  /** Adds what goes by name to the class: the parts and `searchParams`. Removed before a program can see it. */
  static complete(paramsOf: ReturnType<typeof InstallSearchParams>): void {
    urlPartNames().forEach((name, index) => {
      const get = function (this: URL): string {
        return this.#parts[index] as string;
      };
      const set = function (this: URL, value: unknown): void {
        this.#change(name, String(value));
      };
      Object.defineProperty(URL.prototype, name, { get, ...(name === 'origin' ? {} : { set }), configurable: true, enumerable: true });
    });
    const get = function (this: URL): unknown {
      return (this.#params ??= paramsOf(this.#parts[urlPartNames().indexOf('search')] as string, (query) => this.#changeQuery(query)));
    };
    Object.defineProperty(URL.prototype, 'searchParams', { get, configurable: true, enumerable: true });
  }

  toString(): string {
    return this.#parts[0] as string;
  }

  toJSON(): string {
    return this.#parts[0] as string;
  }

  #change(name: string, value: string): void {
    const parts = host.url(this.#parts[0] as string, undefined, name, value);
    if (parts === null) throw new TypeError(`Invalid URL: ${value}`);
    this.#parts = parts.split('\n');
    if (name === 'search' || name === 'href') this.#params = null;
  }

  /** The parameters changed themselves, so they stay. */
  #changeQuery(query: string): void {
    const params = this.#params;
    this.#change('search', query);
    this.#params = params;
  }
}

/** In the order in which the host gives them. */
function urlPartNames(): readonly string[] {
  return ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
}

export function installUrl(): void {
  URL.complete(installSearchParams());
  Reflect.deleteProperty(URL, 'complete');
  define('URL', URL);
}

export const urlParts: readonly GuestPart[] = [URL, urlPartNames, installUrl];
