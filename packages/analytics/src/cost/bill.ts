/**
 * The bill of a query: what it used times what that costs, line by line. Money is counted in whole picodollars
 * (10⁻¹² USD), so that lines add up to the total exactly and print as decimals.
 */
import { assert } from '@pappus/core';
import type { RequestCounts } from '../object-store/request-counts.ts';
import type { PriceTable } from './prices.ts';

export interface Usage {
  /** Memory of each function times the time for which it was held, in GB (2³⁰ bytes) times seconds. */
  readonly computeGbSeconds: number;
  readonly invocations: number;
  readonly requests: Pick<RequestCounts, 'get' | 'put' | 'list' | 'head' | 'delete'>;
  /** Bytes that left the region (10⁹ to a GB). */
  readonly egressBytes: number;
}

export const noUsage: Usage = { computeGbSeconds: 0, invocations: 0, requests: { get: 0, put: 0, list: 0, head: 0, delete: 0 }, egressBytes: 0 };

export type BillItem = 'compute' | 'invocations' | 'put' | 'get' | 'list' | 'head' | 'delete' | 'egress';

export interface BillLine {
  readonly item: BillItem;
  readonly quantity: number;
  readonly unit: string;
  readonly picodollars: bigint;
}

export interface Bill {
  readonly lines: readonly BillLine[];
  readonly totalPicodollars: bigint;
  readonly prices: string;
  readonly pricesDate: string;
}

const PICO = 1e12;

/** Lines for everything that was used; the total is their sum. */
export function bill(usage: Usage, prices: PriceTable): Bill {
  const { requests } = usage;
  const lines = [
    line('compute', usage.computeGbSeconds, 'GB-s', prices.computePerGbSecond),
    line('invocations', usage.invocations, 'invocations', prices.perInvocation),
    line('put', requests.put, 'PUT', prices.putPerThousand / 1_000),
    line('get', requests.get, 'GET', prices.getPerThousand / 1_000),
    line('list', requests.list, 'LIST', prices.listPerThousand / 1_000),
    line('head', requests.head, 'HEAD', prices.headPerThousand / 1_000),
    line('delete', requests.delete, 'DELETE', prices.deletePerThousand / 1_000),
    line('egress', usage.egressBytes / 1e9, 'GB out', prices.egressPerGb),
  ].filter(({ quantity }) => quantity > 0);
  const totalPicodollars = lines.reduce((sum, { picodollars }) => sum + picodollars, 0n);
  return { lines, totalPicodollars, prices: prices.name, pricesDate: prices.date };
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = (kind: keyof Usage['requests']): number => a.requests[kind] + b.requests[kind];
  return {
    computeGbSeconds: a.computeGbSeconds + b.computeGbSeconds,
    invocations: a.invocations + b.invocations,
    requests: { get: sum('get'), put: sum('put'), list: sum('list'), head: sum('head'), delete: sum('delete') },
    egressBytes: a.egressBytes + b.egressBytes,
  };
}

function line(item: BillItem, quantity: number, unit: string, price: number): BillLine {
  assert(quantity >= 0 && Number.isFinite(quantity), `a quantity of ${quantity} ${unit}`);
  return { item, quantity, unit, picodollars: BigInt(Math.round(quantity * price * PICO)) };
}
