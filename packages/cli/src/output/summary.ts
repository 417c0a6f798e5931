/** The line under a result: time, stages, what was exchanged, and the bill. */
import { formatBillLine, type QueryResult } from '@pappus/analytics';
import { formatBytes, formatCount, formatMs, plural } from './units.ts';

export interface Exchanged {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows and bytes that moved between stages; what went to the driver is not among them. */
export function exchanged({ plan, reports }: Pick<QueryResult, 'plan' | 'reports'>): Exchanged {
  const outputs = reports.flatMap((report) => report.stats.outputs).filter((output) => output.edge !== plan.resultEdge);
  return { rows: outputs.reduce((sum, output) => sum + output.rows, 0), bytes: outputs.reduce((sum, output) => sum + output.bytes, 0) };
}

export function summaryLine(result: QueryResult, rows: number): string {
  const { rows: moved, bytes } = exchanged(result);
  const parts = [
    plural(rows, 'row'),
    `${formatMs(result.planMs + result.runMs)} (plan ${formatMs(result.planMs)})`,
    plural(result.plan.stages.length, 'stage'),
    `${formatCount(moved)} rows exchanged, ${formatBytes(bytes)}`,
    formatBillLine(result.bill),
  ];
  if (result.restarts > 0) parts.push(`started again ${plural(result.restarts, 'time')} after a worker was lost`);
  if (result.plan.wholeReason !== null) parts.push(`not distributed: ${result.plan.wholeReason}`);
  return parts.join(' · ');
}
