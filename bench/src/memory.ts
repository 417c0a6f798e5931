/**
 * TPC-H with little memory for each worker: every answer right, and a small driver. The driver runs in a process of its
 * own (memory-driver.ts), so that its memory is measured without the DuckDB that it is compared with.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextRow } from '@pappus/analytics';
import { tpchQuery } from '@pappus/tpch';
import { runBench, type BenchContext } from './harness/bench.ts';
import { TPCH_QUERIES } from './harness/flags.ts';
import { differenceOf } from './harness/same-rows.ts';
import { SingleProcess } from './harness/single-process.ts';
import { megabytes, ms, type Cell } from './harness/text-table.ts';
import { tpchData } from './harness/tpch-data.ts';
import type { DriverTask, MemoryOutcome } from './memory-outcome.ts';

const WORKER_MEMORY_BYTES = 256 * 1024 ** 2;
const DRIVER_PROMISE_BYTES = 300e6;

await runBench({ name: 'memory', defaults: { workerMemoryBytes: WORKER_MEMORY_BYTES, rounds: 1 }, smoke: {}, run: memory });

async function memory(context: BenchContext): Promise<void> {
  const { flags, report } = context;
  for (const scaleFactor of flags.scaleFactors) {
    const tables = await tpchData(context, scaleFactor);
    const answers = mkdtempSync(join(tmpdir(), 'pappus-bench-memory-'));
    try {
      const { workers, workerMemoryBytes, queries } = flags;
      const outcomes = await drive(context, { tables, scaleFactor, workers, workerMemoryBytes, queries, answers });
      const wrong = await differences(tables, answers, outcomes, scaleFactor);
      report.text(`\nScale factor ${scaleFactor}, ${workers} workers of ${megabytes(workerMemoryBytes)} MiB, direct exchange, each query once; memory in MiB.`);
      tell(context, outcomes, wrong, scaleFactor);
    } finally {
      rmSync(answers, { recursive: true, force: true });
    }
  }
}

/** What the driver's process tells of each query. */
async function drive({ signal, report }: BenchContext, task: DriverTask): Promise<readonly MemoryOutcome[]> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL('./memory-driver.ts', import.meta.url)), [JSON.stringify(task)], { execArgv: ['--conditions=source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const outcomes: MemoryOutcome[] = [];
  child.on('message', (outcome: MemoryOutcome) => {
    outcomes.push(outcome);
    process.stderr.write(`query ${outcome.query}: ${outcome.error ?? `${ms(outcome.runMs)} ms`}\n`);
  });
  const onAbort = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
  if (code !== 0 || outcomes.length < task.queries.length) report.fail(`the driver's process ended with ${code ?? killedBy} after ${outcomes.length} of ${task.queries.length} queries`);
  return outcomes;
}

/** By query, what is wrong; null when nothing is. */
async function differences(tables: string, answers: string, outcomes: readonly MemoryOutcome[], scaleFactor: number): Promise<ReadonlyMap<number, string | null>> {
  const found = new Map<number, string | null>();
  const duckdb = await SingleProcess.open(tables, 2);
  for (const { query, error, columns } of outcomes) {
    if (error !== null) {
      found.set(query, error);
      continue;
    }
    const lines = readFileSync(join(answers, `${query}.json`), 'utf8').split('\n').slice(0, -1);
    const expected = await duckdb.answer(tpchQuery(query, { scaleFactor }), columns.length);
    const difference = differenceOf(expected, lines.map((line) => JSON.parse(line) as TextRow), columns);
    found.set(query, difference === null ? null : `WRONG ANSWER: ${difference}`);
  }
  duckdb.close();
  return found;
}

function tell({ flags, report }: BenchContext, outcomes: readonly MemoryOutcome[], wrong: ReadonlyMap<number, string | null>, scaleFactor: number): void {
  for (const [query, problem] of wrong) if (problem !== null) report.fail(`query ${query}: ${problem}`);
  const most = (values: readonly number[]): string | null => (values.length === 0 ? null : megabytes(Math.max(...values)));
  const rows = outcomes.map(({ query, runMs, restarts, fragments, workerPeakBytes, driverPeakBytes }): Cell[] => {
    const answer = wrong.get(query) === null ? 'right' : 'WRONG';
    return [query, answer, ms(runMs), restarts, most(workerPeakBytes), most(fragments.map((fragment) => fragment.peakBytes)), most(fragments.map((fragment) => fragment.duckdbPeakBytes)), megabytes(driverPeakBytes)];
  });
  report.text('worker: the most that one worker\'s process had resident during the query, then during a stage as far as the system tells (analytics/execution/process-memory.ts), then in the buffers of its DuckDB; driver: the most that its process has had resident so far, DuckDB for planning included.');
  report.table(`sf${scaleFactor}`, ['query', 'answer', 'run ms', 'restarts', 'worker peak', 'of a stage', 'DuckDB peak', 'driver peak'], rows, outcomes.map((outcome) => ({ ...outcome, wrong: wrong.get(outcome.query) ?? null })));
  report.text('\nEach worker by stage: the most resident during it / the most in the buffers of its DuckDB during it.');
  report.table(`sf${scaleFactor}-stages`, ['query', 'stage', ...Array.from({ length: flags.workers }, (_, rank) => `#${rank}`)], outcomes.flatMap((outcome) => stageRows(outcome, flags.workers)), null);
  const asPromised = scaleFactor >= 1 && flags.workerMemoryBytes <= WORKER_MEMORY_BYTES && flags.queries.length === TPCH_QUERIES.length;
  const right = [...wrong.values()].filter((problem) => problem === null).length;
  const driverPeak = Math.max(0, ...outcomes.map(({ driverPeakBytes }) => driverPeakBytes));
  report.promise({ what: `SF ${scaleFactor}, ${megabytes(flags.workerMemoryBytes)} MiB for each worker: right answers`, promise: `${flags.queries.length} of ${flags.queries.length}`, measured: `${right} of ${flags.queries.length}`, kept: asPromised ? right === flags.queries.length : null });
  report.promise({ what: 'the driver', promise: '< 300 MB', measured: `${(driverPeak / 1e6).toFixed(0)} MB`, kept: asPromised ? driverPeak < DRIVER_PROMISE_BYTES : null });
}

function stageRows({ query, fragments }: MemoryOutcome, workers: number): Cell[][] {
  const stages = [...new Set(fragments.map(({ stage }) => stage))].toSorted((a, b) => a - b);
  return stages.map((stage) => [query, stage, ...Array.from({ length: workers }, (_, rank) => {
    const fragment = fragments.find((candidate) => candidate.stage === stage && candidate.worker === rank);
    return fragment === undefined ? null : `${megabytes(fragment.peakBytes)} / ${megabytes(fragment.duckdbPeakBytes)}`;
  })]);
}
