/**
 * The engine thread's entry. It drives DuckDB synchronously, so that DuckDB's callbacks run right here and may
 * sleep; it looks for work between runs in the same way and never returns to an event loop until it stops.
 */
import { workerData } from 'node:worker_threads';
import { systemClock, toAppError } from '@pappus/core';
import { Native } from '../duckdb/memory.ts';
import { EngineInbox, type StartProfile, type ThreadData, type ToEngine } from './channel.ts';
import { FragmentRunner } from './fragment-runner.ts';

const data = workerData as ThreadData;
const inbox = new EngineInbox(data.port, data.shared);
const runner = start();
if (runner !== null) {
  work(runner);
  inbox.setStopped();
  runner.close();
}
data.port.close();

function start(): FragmentRunner | null {
  try {
    const beganWallMs = systemClock.wallMs();
    const began = systemClock.nowMs();
    const native = new Native(data.libraryPath);
    const loaded = systemClock.nowMs();
    const opened = new FragmentRunner(native, data.config, systemClock, inbox);
    const open = systemClock.nowMs();
    opened.query('SELECT 1');
    const queried = systemClock.nowMs();
    const profile: StartProfile = { thread: beganWallMs - data.startedAtMs, library: loaded - began, database: open - loaded, firstQuery: queried - open };
    inbox.post({ kind: 'ready', connection: opened.connectionHandle, profile });
    return opened;
  } catch (thrown) {
    inbox.post({ kind: 'not-ready', error: toAppError(thrown).toRecord() });
    return null;
  }
}

function work(active: FragmentRunner): void {
  for (;;) {
    const message = inbox.waitFor(() => (inbox.isStopping ? 'stop' : inbox.poll()));
    if (message === 'stop') return;
    take(active, message);
  }
}

function take(active: FragmentRunner, message: ToEngine): void {
  // Frames and ends that arrive after a run ended are late and mean nothing.
  if (message.kind !== 'run' && message.kind !== 'query') return;
  const { run } = message;
  try {
    if (message.kind === 'query') inbox.post({ kind: 'rows', run, rows: active.query(message.sql) });
    else inbox.post({ kind: 'done', run, stats: active.run(run, message.fragment) });
  } catch (thrown) {
    inbox.post({ kind: 'failed', run, error: toAppError(thrown).toRecord() });
  }
}
