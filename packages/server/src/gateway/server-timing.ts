/** The header `Server-Timing` of a traced invocation: phases summed over its runs, in milliseconds. */
import type { TraceSpan } from '@pappus/api';

export function serverTiming(spans: readonly TraceSpan[], totalMs: number): string {
  const sums = { queue: 0, fetch: 0, sandbox: 0, compute: 0, store: 0 };
  for (const { queueUs, fetchUs, sandboxUs, computeUs, storeUs } of spans) {
    sums.queue += queueUs;
    sums.fetch += fetchUs;
    sums.sandbox += sandboxUs;
    sums.compute += computeUs;
    sums.store += storeUs;
  }
  const phases = Object.entries(sums).map(([name, us]) => `${name};dur=${ms(us / 1000)}`);
  return [...phases, `total;dur=${ms(totalMs)}`].join(', ');
}

const ms = (value: number): string => String(Math.round(value * 1000) / 1000);
