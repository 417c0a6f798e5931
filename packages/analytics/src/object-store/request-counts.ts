/** Requests and bytes of an object store, by kind, as the bill needs them. Every attempt counts, retries and hedges included. */

export const REQUEST_KINDS = ['get', 'put', 'list', 'head', 'delete'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export interface RequestCounts {
  readonly get: number;
  readonly put: number;
  readonly list: number;
  readonly head: number;
  readonly delete: number;
  /** Body bytes received and sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Attempts after the first one of a call; they are among the requests. */
  readonly retries: number;
  /** Second requests for something that took long; they are among the requests. */
  readonly hedges: number;
}

export const noRequests: RequestCounts = { get: 0, put: 0, list: 0, head: 0, delete: 0, bytesIn: 0, bytesOut: 0, retries: 0, hedges: 0 };

export function addRequests(a: RequestCounts, b: RequestCounts): RequestCounts {
  return combine(a, b, 1);
}

/** What was asked between two snapshots. */
export function requestsSince(before: RequestCounts, now: RequestCounts): RequestCounts {
  return combine(now, before, -1);
}

function combine(a: RequestCounts, b: RequestCounts, sign: 1 | -1): RequestCounts {
  const sum: Record<keyof RequestCounts, number> = { ...a };
  for (const field of Object.keys(noRequests) as (keyof RequestCounts)[]) sum[field] += sign * b[field];
  return sum;
}

export class RequestCounter {
  readonly #counts: Record<keyof RequestCounts, number> = { ...noRequests };

  add(field: keyof RequestCounts, amount = 1): void {
    this.#counts[field] += amount;
  }

  snapshot(): RequestCounts {
    return { ...this.#counts };
  }
}
