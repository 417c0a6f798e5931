/**
 * How long planning takes: each TPC-H query warm, and `pappus explain` from cold, as a process. Beside them what DuckDB
 * takes for parsing, binding and optimising the same statement, warm and in a process of its own, and an empty Node.
 */
import { tpchQuery } from '@pappus/tpch';
import type { Session } from '@pappus/analytics';
import { runBench, type BenchContext } from './harness/bench.ts';
import { childRunMs } from './harness/child-run.ts';
import { bootstrapProgram, cliProgram } from './harness/folders.ts';
import { elapsedMs, inRounds, inTurn, median, Samples } from './harness/rounds.ts';
import { withSession } from './harness/session.ts';
import { SingleProcess } from './harness/single-process.ts';
import { ms, times } from './harness/text-table.ts';
import { tpchData } from './harness/tpch-data.ts';

const WARM_PROMISE_MS = 25;
const COLD_PROMISE_MS = 700;
const COLD_QUERY = 5;

await runBench({ name: 'planning', defaults: { scaleFactors: [0.1], rounds: 7, minutes: 5 }, smoke: {}, run: planning });

async function planning(context: BenchContext): Promise<void> {
  const { flags, report } = context;
  const scaleFactor = flags.scaleFactors[0] ?? 1;
  const tables = await tpchData(context, scaleFactor);
  report.text(`Planning for ${flags.workers} workers over Parquet files of scale factor ${scaleFactor}; medians of ${flags.rounds} rounds, in ms.`);
  await withSession({ tables, workers: flags.workers, workerMemoryBytes: flags.workerMemoryBytes, exchange: 'direct' }, async (session) => {
    const peer = await SingleProcess.open(tables, 1);
    try {
      await warm(context, session, peer, scaleFactor);
    } finally {
      peer.close();
    }
  });
  await cold(context, tables, scaleFactor);
}

async function warm(context: BenchContext, session: Session, peer: SingleProcess, scaleFactor: number): Promise<void> {
  const { flags, report } = context;
  const [ours, peers] = [new Samples<number>(), new Samples<number>()];
  const shape = new Map<number, { readonly stages: number; readonly exchanges: number; readonly whole: string | null }>();
  await inRounds(context, async (round) => {
    for (const number of flags.queries) {
      const sql = tpchQuery(number, { scaleFactor });
      const plan = async (): Promise<void> => {
        const { stages, edges, wholeReason } = await session.explain(sql);
        shape.set(number, { stages: stages.length, exchanges: edges.length - 1, whole: wholeReason });
      };
      for (const [samples, work] of inTurn(round, [[ours, plan], [peers, () => peer.prepare(sql)]] as const)) {
        const spent = await elapsedMs(work);
        if (round.measured) samples.add(number, spent);
      }
    }
  });
  const data = flags.queries.map((query) => ({ query, ...shape.get(query), planMs: ours.median(query), longestMs: Math.max(...ours.of(query)), duckdbPrepareMs: peers.median(query) }));
  report.text("\nplan: SQL to stages as SQL, in a session that has planned before. DuckDB: the same statement prepared (parsed, bound, optimised) over views on the same files, which includes reading footers from its cache.");
  report.table('warm', ['query', 'stages', 'exchanges', 'plan', 'longest', 'DuckDB', 'ratio'], data.map((row) => [row.query, row.stages ?? 0, row.exchanges ?? 0, ms(row.planMs), ms(row.longestMs), ms(row.duckdbPrepareMs), times(row.planMs / row.duckdbPrepareMs)]), data);
  const overall = median(data.map(({ planMs }) => planMs));
  const whole = data.filter((row) => row.whole !== null);
  if (whole.length > 0) report.text(`Not distributed: ${whole.map(({ query, whole: reason }) => `query ${query} (${reason})`).join(', ')}`);
  report.promise({ what: 'planning and distributing, warm, median of the queries', promise: `≤ ${WARM_PROMISE_MS} ms`, measured: `${ms(overall)} ms`, kept: overall <= WARM_PROMISE_MS });
}

async function cold(context: BenchContext, tables: string, scaleFactor: number): Promise<void> {
  const { report, signal } = context;
  const sql = tpchQuery(COLD_QUERY, { scaleFactor });
  const source = '--conditions=source';
  const explain = ['explain', '--tables', tables, sql];
  const contestants: readonly (readonly [string, readonly string[]])[] = [
    ['node -e 0', ['-e', '0']],
    ['Node that opens DuckDB and prepares the statement', [source, new URL('./duckdb-prepare.ts', import.meta.url).pathname, tables, sql]],
    ['pappus explain', [source, cliProgram, ...explain]],
    ['the same through scripts/bootstrap.mjs', [bootstrapProgram, 'pappus', ...explain]],
  ];
  const samples = new Samples<string>();
  await inRounds(context, async (round) => {
    for (const [name, args] of inTurn(round, contestants)) {
      const spent = await childRunMs(process.execPath, args, signal);
      if (round.measured) samples.add(name, spent);
    }
  });
  const ours = samples.median('pappus explain');
  const data = contestants.map(([name]) => ({ name, medianMs: samples.median(name), longestMs: Math.max(...samples.of(name)) }));
  report.text(`\nFrom cold: a process from its start to its exit, TypeScript sources with a warm compile cache, files in the system's cache; query ${COLD_QUERY}.`);
  report.table('cold', ['process', 'median', 'longest', 'pappus explain / this'], data.map(({ name, medianMs, longestMs }) => [name, ms(medianMs), ms(longestMs), times(ours / medianMs)]), data);
  report.promise({ what: 'pappus explain from cold', promise: `≤ ${COLD_PROMISE_MS} ms`, measured: `${ms(ours)} ms`, kept: ours <= COLD_PROMISE_MS });
}
