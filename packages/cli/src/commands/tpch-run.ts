/** `pappus tpch run`. */
import { billRecord, formatDollars, type QueryResult, type Session, type TextRow } from '@pappus/analytics';
import { AppError, systemClock } from '@pappus/core';
import { tpchQuery } from '@pappus/tpch';
import { ProgressLine } from '../output/progress-line.ts';
import { QueryProgress } from '../output/query-progress.ts';
import { profileTable } from '../output/stage-report.ts';
import { exchanged } from '../output/summary.ts';
import { textTable, type TextColumn } from '../output/text-table.ts';
import { formatBytes, formatCount, formatMs } from '../output/units.ts';
import type { CommandContext } from '../program.ts';
import { withSession, type SessionFlags } from '../table-session.ts';
import { SingleProcess, type Check } from '../tpch/check.ts';
import { tpchTables } from '../tpch/data-set.ts';
import { statistics } from './query.ts';

export interface TpchRunFlags extends Omit<SessionFlags, 'tables'> {
  readonly sf: number;
  readonly tables?: string;
  readonly queries?: readonly number[];
  readonly seed?: number;
  readonly check?: boolean;
  readonly profile?: boolean;
  readonly json?: boolean;
}

interface Outcome {
  readonly number: number;
  readonly result: QueryResult;
  readonly rows: readonly TextRow[];
  readonly check: Check | null;
}

const ALL_QUERIES = Array.from({ length: 22 }, (_, index) => index + 1);

export async function tpchRun(context: CommandContext, flags: TpchRunFlags): Promise<void> {
  const tables = await tpchTables(context, flags.sf, flags.tables);
  const outcomes = await withSession(context, { ...flags, tables }, async (session) => {
    const single = flags.check === true ? await SingleProcess.open(session.catalog) : null;
    try {
      await session.warmUp(context.signal);
      const done: Outcome[] = [];
      for (const number of flags.queries ?? ALL_QUERIES) done.push(await runOne(context, session, single, number, flags));
      return done;
    } finally {
      single?.close();
    }
  });
  report(context, flags, outcomes);
  const wrong = outcomes.filter(({ check }) => check?.same === false);
  if (wrong.length === 0) return;
  const list = wrong.map(({ number, check }) => `query ${number}: ${check?.difference}`).join('\n  ');
  throw new AppError('internal', `${wrong.length} of ${outcomes.length} answers differ from one DuckDB process:\n  ${list}`);
}

async function runOne(context: CommandContext, session: Session, single: SingleProcess | null, number: number, { sf, seed }: TpchRunFlags): Promise<Outcome> {
  const sql = tpchQuery(number, { scaleFactor: sf, ...(seed === undefined ? {} : { seed }) });
  const progress = new QueryProgress();
  const line = new ProgressLine(context.err, () => `query ${number}: ${progress.line()}`);
  const rows: TextRow[] = [];
  try {
    const result = await session.query(sql, {
      form: 'text',
      signal: context.signal,
      onPlan: (plan) => progress.onPlan(plan),
      onProgress: (event) => progress.onProgress(event),
      onRows: (batch) => void rows.push(...batch),
    });
    return { number, result, rows, check: (await single?.check(sql, result, rows, systemClock.nowMs)) ?? null };
  } finally {
    line.stop();
  }
}

function report({ out, err }: CommandContext, flags: TpchRunFlags, outcomes: readonly Outcome[]): void {
  if (flags.json === true) {
    out.write(`${JSON.stringify(outcomes.map(({ number, result, rows, check }) => ({ query: number, rows: rows.length, statistics: statistics(result), bill: billRecord(result.bill), check })))}\n`);
    return;
  }
  if (flags.profile === true) for (const { number, result } of outcomes) err.write(`query ${number}\n${profileTable(result.plan, result.reports)}\n`);
  out.write(`${textTable(COLUMNS.filter((column) => flags.check === true || !CHECKED.has(column.name)), outcomes.map((outcome) => cells(outcome)))}\n`);
  const total = outcomes.reduce((sum, { result }) => sum + result.planMs + result.runMs, 0);
  const dollars = outcomes.reduce((sum, { result }) => sum + result.bill.totalPicodollars, 0n);
  const right = outcomes.filter(({ check }) => check?.same === true).length;
  const single = outcomes.reduce((sum, { check }) => sum + (check?.singleMs ?? 0), 0);
  const checked = flags.check === true ? ` · ${right} of ${outcomes.length} right · one DuckDB process ${formatMs(single)}` : '';
  out.write(`${outcomes.length} queries, ${flags.workers} workers, ${flags.exchange} exchange: ${formatMs(total)}, ${formatDollars(dollars)}${checked}\n`);
}

const column = (name: string): TextColumn => ({ name, align: name === 'check' ? 'left' : 'right' });
const COLUMNS = ['query', 'rows', 'stages', 'exchanges', 'rows moved', 'bytes moved', 'plan', 'run', 'bill', 'DuckDB', 'check'].map(column);
const CHECKED = new Set(['DuckDB', 'check']);

function cells({ number, result, rows, check }: Outcome): string[] {
  const moved = exchanged(result);
  const plain = [String(number), formatCount(rows.length), String(result.plan.stages.length), String(result.plan.edges.length - 1), formatCount(moved.rows), formatBytes(moved.bytes), formatMs(result.planMs), formatMs(result.runMs), formatDollars(result.bill.totalPicodollars)];
  return check === null ? plain : [...plain, formatMs(check.singleMs), check.same ? 'right' : 'WRONG'];
}
