/** Bearer tokens: kept as SHA-256 of each, compared in constant time, each with its quotas. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError, type Clock } from '@pappus/core';
import type { TokenConfig } from '../config/server-config.ts';
import { StatusError } from '../http/problem-of.ts';
import { MAX_TOKEN_CHARS } from '../limits.ts';
import { LocalNames } from './local-names.ts';
import { TokenBucket } from './token-bucket.ts';

/** Who asks: a token and what it has left. */
export class Caller {
  readonly name: string;
  readonly digest: Buffer;
  readonly #clock: Clock;
  readonly #invocations: TokenBucket | null;
  readonly #bytes: TokenBucket | null;
  readonly #concurrent: number;
  #running = 0;

  constructor({ name, sha256, quotas }: TokenConfig, clock: Clock) {
    const now = clock.nowMs();
    this.name = name;
    this.digest = Buffer.from(sha256, 'hex');
    this.#clock = clock;
    this.#invocations = quotas.invocationsPerMinute === null ? null : new TokenBucket(quotas.invocationsPerMinute, now);
    this.#bytes = quotas.bytesPerMinute === null ? null : new TokenBucket(quotas.bytesPerMinute, now);
    this.#concurrent = quotas.concurrent ?? Infinity;
  }

  /** Begins an invocation; throws 429 with the time to wait. */
  begin(bytes: number): void {
    if (this.#running >= this.#concurrent) throw exceeded(`${this.name} runs ${this.#concurrent} invocations at once already`, 1);
    const now = this.#clock.nowMs();
    const bytesWaitMs = this.#bytes?.take(bytes, now) ?? 0;
    if (bytesWaitMs > 0) throw exceeded(`${this.name} has used up its bytes of this minute`, bytesWaitMs / 1000);
    const waitMs = this.#invocations?.take(1, now) ?? 0;
    if (waitMs > 0) {
      this.#bytes?.charge(-bytes, now);
      throw exceeded(`${this.name} has used up its invocations of this minute`, waitMs / 1000);
    }
    this.#running += 1;
  }

  /** Ends it; `bytes` are those that begin did not know. */
  end(bytes: number): void {
    this.#running -= 1;
    this.#bytes?.charge(bytes, this.#clock.nowMs());
  }
}

export class TokenTable {
  readonly #callers: readonly Caller[];
  readonly #localNames = new LocalNames();

  constructor(tokens: readonly TokenConfig[], clock: Clock) {
    this.#callers = tokens.map((token) => new Caller(token, clock));
  }

  /** Nobody has to say who asks. */
  get open(): boolean {
    return this.#callers.length === 0;
  }

  /** Who sends a request with these headers; null where the server is open to all of this machine. Throws 401 or 403. */
  caller(headers: IncomingHttpHeaders): Caller | null {
    if (this.open) {
      this.#localNames.check(headers);
      return null;
    }
    const { authorization } = headers;
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated('this server wants a token', 'Send the header Authorization: Bearer TOKEN.');
    const digest = createHash('sha256').update(token.slice(0, MAX_TOKEN_CHARS)).digest();
    // All are compared, so that the time says nothing about which one it was.
    let found: Caller | null = null;
    for (const caller of this.#callers) if (timingSafeEqual(caller.digest, digest)) found = caller;
    if (found === null || token.length > MAX_TOKEN_CHARS) throw unauthenticated('the token is not known here', null);
    return found;
  }
}

const unauthenticated = (message: string, hint: string | null): StatusError =>
  new StatusError(401, new AppError('permission-denied', message, hint === null ? {} : { hint }), { code: 'unauthenticated' });

function exceeded(message: string, seconds: number): StatusError {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  return new StatusError(429, new AppError('resource-exhausted', message, { retryable: true, hint: `Try again in ${retryAfter} s.` }), { retryAfter });
}
