/**
 * Where requests may go. The URL is checked against the patterns before anything else; the address is checked when the
 * connection is made, after the name was resolved, and the connection goes to the very address that was checked.
 *
 * `allow` opens public addresses only, and of these none of the machine's own, with two exceptions that the pattern itself names: an address written out
 * (`http://127.0.0.1:8080/`) and `localhost`. `allowPrivate` is for names of the operator's own network, which resolve to
 * loopback and private addresses; the link-local ones, where clouds keep their credentials, have to be written out.
 */
import { isIP } from 'node:net';
import { matches, parsePatterns, type DestinationPattern } from './destination-pattern.ts';
import type { Classifier } from './machine-addresses.ts';
import { bareHost } from './request-target.ts';

/** Which addresses a connection may go to, from the narrowest to the widest. */
export const TRUST_LEVELS = ['public', 'localhost', 'private', 'named'] as const;
export type Trust = (typeof TRUST_LEVELS)[number];

export interface DestinationOptions {
  /** Patterns of what may be asked; nothing may without one. */
  readonly allow: readonly string[];
  /** Patterns of what may be asked though it is in a private network. */
  readonly allowPrivate?: readonly string[];
}

export type Verdict = { readonly kind: 'allowed'; readonly trust: Trust } | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

interface Rule {
  readonly pattern: DestinationPattern;
  readonly trust: Trust;
}

const CLASSES: Readonly<Record<Trust, ReadonlySet<ReturnType<Classifier>>>> = {
  public: new Set(['public']),
  localhost: new Set(['public', 'loopback', 'own']),
  private: new Set(['public', 'loopback', 'own', 'private', 'shared']),
  named: new Set(['public', 'loopback', 'own', 'private', 'shared', 'link-local', 'multicast', 'unspecified', 'reserved']),
};

export const isTrusted = (trust: Trust, is: ReturnType<Classifier>): boolean => CLASSES[trust].has(is);

export class Destinations {
  readonly #rules: readonly Rule[];
  readonly #classify: Classifier;

  constructor(options: DestinationOptions, classify: Classifier) {
    this.#classify = classify;
    const open = parsePatterns(options.allow, 'the list of destinations');
    const inner = parsePatterns(options.allowPrivate ?? [], 'the list of private destinations');
    this.#rules = [...open.map((pattern) => ({ pattern, trust: trustOf(pattern, 'public') })), ...inner.map((pattern) => ({ pattern, trust: trustOf(pattern, 'private') }))];
  }

  check(url: URL): Verdict {
    const trust = this.#trust(url);
    const where = url.host;
    if (trust === null) return { kind: 'refused', message: `the destination ${url.protocol}//${where} is not allowed`, hint: `allow it with a pattern such as ${url.protocol}//${where}/*` };
    const host = bareHost(url);
    if (isIP(host) === 0) return { kind: 'allowed', trust };
    const is = this.#classify(host);
    return isTrusted(trust, is) ? { kind: 'allowed', trust } : refusedAddress(where, is);
  }

  /** The widest trust of the patterns that match, or null. */
  #trust(url: URL): Trust | null {
    let widest = -1;
    for (const { pattern, trust } of this.#rules) {
      const level = TRUST_LEVELS.indexOf(trust);
      if (level > widest && matches(pattern, url)) widest = level;
    }
    return TRUST_LEVELS[widest] ?? null;
  }
}

/** The refusal of a host whose address is not for everyone. It does not say which address that is: names are asked here that a function could not ask. */
export function refusedAddress(where: string, is: ReturnType<Classifier>): Extract<Verdict, { kind: 'refused' }> {
  const what = is === 'own' ? 'an address of this machine' : `${is === 'unspecified' ? 'an' : 'a'} ${is} address`;
  return { kind: 'refused', message: `the destination ${where} is ${what}`, hint: `if that is meant, allow it as a private destination: http://${where}/` };
}

function trustOf({ host }: DestinationPattern, otherwise: Trust): Trust {
  if (host.kind === 'address') return 'named';
  const local = (host.kind === 'name' && (host.name === 'localhost' || host.name.endsWith('.localhost'))) || (host.kind === 'below' && host.suffix.endsWith('.localhost'));
  return local && otherwise === 'public' ? 'localhost' : otherwise;
}
