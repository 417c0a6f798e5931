/** `pappus query`. */
import { billRecord, type QueryResult } from '@pappus/analytics';
import { ProgressLine } from '../output/progress-line.ts';
import { QueryProgress } from '../output/query-progress.ts';
import { resultWriter, type ResultFormat, type ResultWriter } from '../output/result-writer.ts';
import { profileTable } from '../output/stage-report.ts';
import { exchanged, summaryLine } from '../output/summary.ts';
import type { CommandContext } from '../program.ts';
import { statementOf } from '../statement.ts';
import { withSession, type SessionFlags } from '../table-session.ts';

export interface QueryFlags extends SessionFlags {
  readonly file?: string;
  readonly format: ResultFormat;
  readonly out?: string;
  readonly profile?: boolean;
  readonly json?: boolean;
}

export async function query(context: CommandContext, argument: string | undefined, flags: QueryFlags): Promise<void> {
  const sql = await statementOf(argument, flags.file, context.signal);
  if (flags.json === true) return queryAsDocument(context, sql, flags);
  const writer = resultWriter(flags.format, context.out, flags.out);
  try {
    const { result, rows } = await run(context, sql, flags, writer);
    // Machine-readable results keep standard output for themselves.
    const stream = flags.format === 'table' && flags.out === undefined ? context.out : context.err;
    stream.write(`${summaryLine(result, rows)}\n`);
    if (flags.profile === true) context.err.write(`${profileTable(result.plan, result.reports)}\n`);
  } catch (thrown) {
    await writer.discard();
    throw thrown;
  }
}

async function run(context: CommandContext, sql: string, flags: QueryFlags, writer: ResultWriter): Promise<{ readonly result: QueryResult; readonly rows: number }> {
  const progress = new QueryProgress();
  const line = new ProgressLine(context.err, () => progress.line());
  let rows = 0;
  try {
    const result = await withSession(context, flags, async (session) => {
      const queried = await session.query(sql, {
        form: writer.form,
        signal: context.signal,
        onPlan: (plan) => {
          progress.onPlan(plan);
          writer.begin(plan.columns);
        },
        onProgress: (event) => progress.onProgress(event),
        onRows: (batch) => {
          rows += batch.length;
          return writer.rows(batch);
        },
        onBytes: (bytes) => writer.bytes(bytes),
      });
      line.stop();
      await writer.end();
      return queried;
    }, writer.unfinished);
    return { result, rows };
  } finally {
    line.stop();
  }
}

async function queryAsDocument(context: CommandContext, sql: string, flags: QueryFlags): Promise<void> {
  const rows: unknown[] = [];
  const result = await withSession(context, flags, (session) => session.query(sql, {
    form: 'json',
    signal: context.signal,
    onRows: (batch) => void rows.push(...batch.map(([object]) => JSON.parse(object ?? 'null') as unknown)),
  }));
  context.out.write(`${JSON.stringify({ columns: result.columns, rows, statistics: statistics(result), bill: billRecord(result.bill) })}\n`);
}

export function statistics(result: QueryResult): Readonly<Record<string, unknown>> {
  const moved = exchanged(result);
  return {
    planMs: result.planMs,
    runMs: result.runMs,
    stages: result.plan.stages.length,
    exchangedRows: moved.rows,
    exchangedBytes: moved.bytes,
    requests: result.requests,
    restarts: result.restarts,
    wholeReason: result.plan.wholeReason,
    fragments: result.reports,
  };
}
