/**
 * TPC-H on warm workers with the direct exchange, beside one DuckDB process with two threads on the same files, and
 * where the workers' time went. Answers are compared in the unmeasured round.
 */
import type { QueryResult, Session } from '@pappus/analytics';
import { tpchQuery } from '@pappus/tpch';
import { runBench, type BenchContext } from './harness/bench.ts';
import { TPCH_QUERIES } from './harness/flags.ts';
import { inRounds, inTurn, Samples, total, type Round } from './harness/rounds.ts';
import { differenceOf } from './harness/same-rows.ts';
import { answer, exchanges, withSession } from './harness/session.ts';
import { SingleProcess } from './harness/single-process.ts';
import { ms, percent, times } from './harness/text-table.ts';
import { tpchData } from './harness/tpch-data.ts';
import { cpuTime, workerProcesses } from './harness/worker-processes.ts';

const PROMISE = 2.5;
const PROMISED = { scaleFactor: 1, workers: 4 };
const PEER_THREADS = 2;

const ENGINE = ['compute', 'encode', 'decode', 'waitInput', 'waitOutput'] as const;
const MEASURES = ['ours', 'duckdb', 'plan', ...ENGINE, 'none', 'cpu', 'transferCpu', 'driverCpu', 'duckdbCpu'] as const;
type Measure = (typeof MEASURES)[number];
type Measured = Readonly<Partial<Record<Measure, number>>>;

const HEADER = `
ours, DuckDB: ms by the clock, planning and the last row included; medians.
compute … none: shares of the workers' time (workers × run time), as their engine threads spent it by the clock; with
  more workers than cores, each of them includes waiting for a core.
    compute   DuckDB: scans (decompression is there), joins, aggregation, and binding the stage's SQL
    encode    result chunks to frames        decode    frames to chunks
    wait in   for a frame of another worker  wait out  for room in the transport
    none      no fragment ran: tasks on their way, the last frames being sent, slower workers being waited for
cpu: ms of processor time, all threads of all workers; transfer: of it, the workers' main threads (sockets, protocol,
  spilling), which run beside the engine threads; driver: of the driver's process. – where the system does not say.`;

await runBench({ name: 'tpch', defaults: {}, smoke: {}, run: tpch });

async function tpch(context: BenchContext): Promise<void> {
  const { flags, report } = context;
  for (const scaleFactor of flags.scaleFactors) {
    const tables = await tpchData(context, scaleFactor);
    await withSession({ tables, workers: flags.workers, workerMemoryBytes: flags.workerMemoryBytes, exchange: 'direct' }, async (session) => {
      const peer = await SingleProcess.open(tables, PEER_THREADS);
      try {
        await session.warmUp(context.signal);
        const samples = await measure(context, session, peer, scaleFactor);
        report.text(`\nScale factor ${scaleFactor}, ${flags.workers} warm workers, direct exchange; one DuckDB process with ${PEER_THREADS} threads.${HEADER}`);
        tell(context, samples, scaleFactor);
      } finally {
        peer.close();
      }
    });
  }
}

interface Measurements {
  readonly samples: Samples<`${number} ${Measure}`>;
  readonly exchanges: Map<number, number>;
}

async function measure(context: BenchContext, session: Session, peer: SingleProcess, scaleFactor: number): Promise<Measurements> {
  const { flags, report, signal } = context;
  const found: Measurements = { samples: new Samples(), exchanges: new Map() };
  const broken = new Set<number>();
  const workers = workerProcesses();
  await inRounds(context, async (round) => {
    for (const number of flags.queries.filter((query) => !broken.has(query))) {
      const sql = tpchQuery(number, { scaleFactor });
      try {
        if (!round.measured) found.exchanges.set(number, exchanges(await check(session, peer, sql, signal)));
        else for (const [measureName, value] of Object.entries(await oneQuery(session, peer, sql, { round, workers, signal })) as [Measure, number][]) found.samples.add(`${number} ${measureName}`, value);
      } catch (thrown) {
        signal.throwIfAborted();
        broken.add(number);
        report.fail(`query ${number}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  });
  return found;
}

async function check(session: Session, peer: SingleProcess, sql: string, signal: AbortSignal): Promise<QueryResult> {
  const { result, rows } = await answer(session, sql, signal);
  const difference = differenceOf(await peer.answer(sql, result.columns.length), rows, result.columns);
  if (difference !== null) throw new Error(`WRONG ANSWER: ${difference}`);
  return result;
}

interface Turn {
  readonly round: Round;
  readonly workers: readonly number[];
  readonly signal: AbortSignal;
}

async function oneQuery(session: Session, peer: SingleProcess, sql: string, { round, workers, signal }: Turn): Promise<Measured> {
  const ours = async (): Promise<Measured> => {
    const [before, driverBefore] = [cpuTime(workers), process.cpuUsage()];
    const { result, elapsedMs } = await answer(session, sql, signal);
    const [after, driver] = [cpuTime(workers), process.cpuUsage(driverBefore)];
    const cpu = before === null || after === null ? {} : { cpu: after.totalMs - before.totalMs, transferCpu: after.mainThreadMs - before.mainThreadMs };
    return { ours: elapsedMs, plan: result.planMs, ...profile(result, workers.length), ...cpu, driverCpu: (driver.user + driver.system) / 1000 };
  };
  const theirs = async (): Promise<Measured> => {
    const [before, began] = [process.cpuUsage(), performance.now()];
    await peer.run(sql);
    const [duckdb, { user, system }] = [performance.now() - began, process.cpuUsage(before)];
    return { duckdb, duckdbCpu: (user + system) / 1000 };
  };
  const parts: Measured[] = [];
  for (const work of inTurn(round, [ours, theirs])) parts.push(await work());
  return Object.assign({}, ...parts) as Measured;
}

/** Milliseconds of all engine threads together. */
function profile({ reports, runMs }: QueryResult, workers: number): Measured {
  const sum = (pick: (typeof ENGINE)[number] | 'total'): number => total(reports.map(({ stats }) => stats.profile[pick]));
  return { ...Object.fromEntries(ENGINE.map((part) => [part, sum(part)])), none: Math.max(0, workers * runMs - sum('total')) };
}

function tell({ flags, report }: BenchContext, { samples, exchanges: counts }: Measurements, scaleFactor: number): void {
  const measured = flags.queries.filter((query) => samples.of(`${query} ours`).length > 0);
  if (measured.length === 0) return;
  const medians = measured.map((query) => ({ query: String(query), exchanges: counts.get(query) ?? 0, ...mediansOf(samples, query) }));
  const sums = Object.fromEntries(MEASURES.map((name) => [name, total(medians.map((row) => row[name]))])) as Record<Measure, number>;
  const rows = [...medians, { query: 'all', exchanges: total(medians.map((row) => row.exchanges)), ...sums }];
  const columns = ['query', 'exchanges', 'ours', 'DuckDB', 'ratio', 'plan', 'compute', 'encode', 'decode', 'wait in', 'wait out', 'none', 'cpu', 'transfer', 'driver', 'DuckDB cpu', 'cpu ratio'];
  const optional = (value: number, text: (value: number) => string): string | null => (Number.isNaN(value) ? null : text(value));
  report.table(`sf${scaleFactor}`, columns, rows.map((row) => {
    const engine = total([...ENGINE, 'none' as const].map((part) => row[part]));
    return [
      row.query, row.exchanges, ms(row.ours), ms(row.duckdb), times(row.ours / row.duckdb), ms(row.plan),
      ...[...ENGINE, 'none' as const].map((part) => percent(row[part] / engine)),
      optional(row.cpu, ms), optional(row.transferCpu, ms), ms(row.driverCpu), ms(row.duckdbCpu), optional((row.cpu + row.driverCpu) / row.duckdbCpu, times),
    ];
  }), rows);
  const ratio = sums.ours / sums.duckdb;
  const asPromised = measured.length === TPCH_QUERIES.length && scaleFactor === PROMISED.scaleFactor && flags.workers === PROMISED.workers;
  report.promise({ what: `${measured.length} queries, SF ${scaleFactor}, ${flags.workers} workers, direct: total against one DuckDB process`, promise: `≤ ${PROMISE} × (22 queries, SF ${PROMISED.scaleFactor}, ${PROMISED.workers} workers)`, measured: `${times(ratio)} (${ms(sums.ours)} ms / ${ms(sums.duckdb)} ms)`, kept: asPromised ? ratio <= PROMISE : null });
}

function mediansOf(samples: Measurements['samples'], query: number): Record<Measure, number> {
  return Object.fromEntries(MEASURES.map((name) => [name, samples.median(`${query} ${name}`)])) as Record<Measure, number>;
}
