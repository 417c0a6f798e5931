/** What a query used, as the bill counts it. A warm worker is charged for the query's time, as a function's invocation would be. */
import { noUsage, type Usage } from '../cost/bill.ts';
import { addRequests, noRequests, type RequestCounts } from '../object-store/request-counts.ts';

export interface Used {
  readonly workers: number;
  readonly memoryBytes: number;
  readonly elapsedMs: number;
  readonly requests: readonly RequestCounts[];
}

const GIB = 2 ** 30;

export function queryUsage({ workers, memoryBytes, elapsedMs, requests }: Used): Usage {
  const all = requests.reduce(addRequests, noRequests);
  return { ...noUsage, computeGbSeconds: (workers * memoryBytes * elapsedMs) / GIB / 1000, invocations: workers, requests: all };
}
