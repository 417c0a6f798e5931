/** The driver of the memory bench: a session and nothing else. Its parent compares the answers. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '@pappus/analytics';
import { tpchQuery } from '@pappus/tpch';
import { withSession } from './harness/session.ts';
import { forgetPeak, peakResidentBytes, workerProcesses } from './harness/worker-processes.ts';
import type { DriverTask, MemoryOutcome } from './memory-outcome.ts';

const QUERY_TIMEOUT_MS = 300_000;

const task = JSON.parse(process.argv[2] ?? '{}') as DriverTask;
const controller = new AbortController();
const { signal } = controller;
for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(event, () => controller.abort(new Error(`ended by ${event}`)));

const driverPeak = (): number => peakResidentBytes('self') ?? process.resourceUsage().maxRSS * 1024;

async function runOne(session: Session, query: number): Promise<MemoryOutcome> {
  const path = join(task.answers, `${query}.json`);
  writeFileSync(path, '');
  const workers = workerProcesses();
  const forgotten = workers.length > 0 && workers.every(forgetPeak);
  const workerPeaks = (): number[] => (forgotten ? workers.flatMap((pid) => peakResidentBytes(pid) ?? []) : []);
  try {
    const result = await session.query(tpchQuery(query, { scaleFactor: task.scaleFactor }), {
      form: 'text',
      signal: AbortSignal.any([signal, AbortSignal.timeout(QUERY_TIMEOUT_MS)]),
      onRows: (rows) => appendFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    });
    const fragments = result.reports.map(({ stage, worker, peakBytes, stats }) => ({ stage, worker, peakBytes, duckdbPeakBytes: stats.peakMemoryBytes }));
    return { query, error: null, columns: result.columns, runMs: result.runMs, restarts: result.restarts, fragments, workerPeakBytes: workerPeaks(), driverPeakBytes: driverPeak() };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    return { query, error, columns: [], runMs: 0, restarts: 0, fragments: [], workerPeakBytes: workerPeaks(), driverPeakBytes: driverPeak() };
  }
}

try {
  await withSession({ ...task, exchange: 'direct' }, async (session) => {
    await session.warmUp(signal);
    for (const query of task.queries) {
      const outcome = await runOne(session, query);
      if (signal.aborted) return;
      process.send?.(outcome);
    }
  });
} catch (thrown) {
  if (!signal.aborted) throw thrown;
  process.exitCode = 130;
} finally {
  if (process.connected) process.disconnect?.();
}
