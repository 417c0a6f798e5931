/**
 * When a request is sent again. What the server has never seen may be sent again with any method; what it may have
 * carried out, only with a method that means the same twice (RFC 9110, 9.2.2).
 */
import { randomFraction, type Clock, type Random } from '@pappus/core';
import { MAX_RETRY_AFTER_MS, RETRY_BASE_MS, RETRY_MAX_MS } from '../limits.ts';
import type { ExchangeResult } from './http-exchange.ts';
import { headerValue } from './message-head.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY']);
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
const SECONDS = /^\d{1,9}$/;

/** How long to wait before the next attempt, in ms; null when there should be none. `attempt` counts from 1. */
export function retryDelayMs(result: ExchangeResult, method: string, attempt: number, clock: Clock, random: Random): number | null {
  const repeatable = IDEMPOTENT.has(method);
  if (result.kind === 'failed') {
    if (result.repeat === 'never' || (result.repeat === 'perhaps' && !repeatable)) return null;
    return backoffMs(attempt, random);
  }
  if (!repeatable || !PASSING.has(result.status)) return null;
  const asked = headerValue(result.headers, 'retry-after');
  if (asked === null) return backoffMs(attempt, random);
  const waitMs = retryAfterMs(asked, clock);
  return waitMs === null || waitMs > MAX_RETRY_AFTER_MS ? null : Math.max(waitMs, backoffMs(attempt, random));
}

/** Exponential, with full jitter. */
function backoffMs(attempt: number, random: Random): number {
  return Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** (attempt - 1)) * randomFraction(random);
}

/** Seconds, or a date. */
function retryAfterMs(text: string, clock: Clock): number | null {
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - clock.wallMs());
}
