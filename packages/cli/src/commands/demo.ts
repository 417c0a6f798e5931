/**
 * `pappus demo`, which is `npm start`: TPC-H on a group of function workers, once exchanging rows directly and once
 * through an object store with the latency of S3; both answers, both times, both bills.
 */
import { styleText } from 'node:util';
import { formatBillLine, formatDollars, type QueryResult, type Session, type TextRow } from '@pappus/analytics';
import { tpchQueries, tpchQuery } from '@pappus/tpch';
import { profileTable } from '../output/stage-report.ts';
import { alignmentOf, textTable } from '../output/text-table.ts';
import { formatMs } from '../output/units.ts';
import type { CommandContext } from '../program.ts';
import { differenceOf } from '../tpch/check.ts';
import { tpchTables } from '../tpch/data-set.ts';
import { withSession, type SessionFlags } from '../table-session.ts';

export interface DemoFlags {
  readonly sf: number;
  readonly workers: number;
  readonly queries?: readonly number[];
}

interface Answer {
  readonly result: QueryResult;
  readonly rows: readonly TextRow[];
}

interface Pair {
  readonly number: number;
  readonly direct: Answer;
  readonly store: Answer;
}

/** One without an exchange to speak of, and some with joins, groups and subqueries. */
const SHOWN: readonly number[] = [1, 3, 5, 8, 18, 21];
const SHOWN_ROWS = 8;
const WORKER_MEMORY_BYTES = 1024 ** 3;

export async function demo(context: CommandContext, { sf, workers, queries = SHOWN }: DemoFlags): Promise<void> {
  const { out, signal } = context;
  const title = (text: string): void => void out.write(`\n${styleText('bold', text, { stream: out })}\n`);
  title(`TPC-H, scale factor ${sf}, on ${workers} function workers of this machine`);
  const tables = await tpchTables(context, sf, undefined);
  const flags = (exchange: SessionFlags['exchange']): SessionFlags => ({ tables, workers, workerMemory: WORKER_MEMORY_BYTES, exchange, storeProfile: 's3' });
  const pairs: Pair[] = [];
  await withSession(context, flags('direct'), (direct) => withSession(context, flags('store'), async (store) => {
    await Promise.all([direct.warmUp(signal), store.warmUp(signal)]);
    for (const number of queries) {
      const sql = tpchQuery(number, { scaleFactor: sf });
      const pair = { number, direct: await answer(context, direct, sql), store: await answer(context, store, sql) };
      title(`Query ${number}: ${tpchQueries[number - 1]?.title ?? ''}`);
      showPair(context, pair);
      pairs.push(pair);
    }
  }));
  title('Direct exchange against an object store with the latency of S3');
  out.write(`${comparison(pairs)}\n`);
}

async function answer({ signal }: CommandContext, session: Session, sql: string): Promise<Answer> {
  const rows: TextRow[] = [];
  const result = await session.query(sql, { form: 'text', signal, onRows: (batch) => void rows.push(...batch) });
  return { result, rows };
}

function showPair({ out }: CommandContext, { direct, store }: Pair): void {
  const { columns } = direct.result;
  const shown = direct.rows.slice(0, SHOWN_ROWS).map((row) => row.map((value) => value ?? 'NULL'));
  out.write(`${textTable(columns.map((column) => ({ name: column.name, align: alignmentOf(column.type) })), shown)}\n`);
  if (direct.rows.length > shown.length) out.write(`… ${direct.rows.length - shown.length} more rows\n`);
  out.write(`${profileTable(direct.result.plan, direct.result.reports)}\n`);
  out.write(`direct: ${formatMs(direct.result.runMs)}, ${formatBillLine(direct.result.bill)}\n`);
  out.write(`store:  ${formatMs(store.result.runMs)}, ${formatBillLine(store.result.bill)}${sameRows(direct, store) ? ', same rows' : ', OTHER ROWS'}\n`);
}

const sameRows = (a: Answer, b: Answer): boolean => differenceOf(a.rows, b.rows, a.result.columns) === '';

function comparison(pairs: readonly Pair[]): string {
  const columns = ['query', 'exchanges', 'direct', 'store', 'faster', 'bill direct', 'bill store', 'cheaper'];
  const rows = pairs.map(({ number, direct, store }) => [
    String(number),
    String(direct.result.plan.edges.length - 1),
    formatMs(direct.result.runMs),
    formatMs(store.result.runMs),
    `${(store.result.runMs / direct.result.runMs).toFixed(1)} ×`,
    formatDollars(direct.result.bill.totalPicodollars),
    formatDollars(store.result.bill.totalPicodollars),
    `${(Number(store.result.bill.totalPicodollars) / Number(direct.result.bill.totalPicodollars)).toFixed(1)} ×`,
  ]);
  return textTable(columns.map((name) => ({ name, align: 'right' })), rows);
}
