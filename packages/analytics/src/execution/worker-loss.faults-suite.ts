/**
 * Workers that die or hang while a query runs, at moments that the query's own progress gives and at random ones.
 * Each query must answer as one DuckDB process does, or fail with an error that says what was lost.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, randomInt, seededRandom, sleep, systemClock, systemRandom } from '@pappus/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExchangeKind } from '../session.ts';
import { LASTING_QUERY, makeFaultTables, type FaultTables } from '../testing/fault-tables.ts';
import { FaultySession, type FaultyOptions } from '../testing/faulty-session.ts';
import type { Progress } from './query-run.ts';

const NOTICED_WITHIN_MS = 3_000;
/** Nothing but its silence tells of one that is stopped: 2.5 s of it, and what a busy machine needs to see it. */
const SILENT_WITHIN_MS = 4_000;
const ROWS = 60_000;
const WORKERS = 3;
const SEEDS = Array.from({ length: 4 }, () => randomInt(systemRandom, 1, 1_000_000));

let folder: string;
let tables: FaultTables;
let expected: readonly (readonly (string | null)[])[];
let faulty: FaultySession | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-loss-'));
  tables = await makeFaultTables(join(folder, 'tables'), ROWS);
  expected = await tables.oracle(LASTING_QUERY);
});

afterAll(async () => {
  tables.close();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const left = await faulty?.stop();
  faulty = null;
  expect(left ?? { processes: [], files: [] }).toEqual({ processes: [], files: [] });
});

async function open(exchange: ExchangeKind, options: Partial<FaultyOptions> = {}): Promise<FaultySession> {
  faulty = await FaultySession.open({ tables: tables.folder, exchange, workers: WORKERS, ...options });
  return faulty;
}

/** Calls back when the progress first is as wished. */
function once(isMoment: (progress: Progress) => boolean, act: (progress: Progress) => void): (progress: Progress) => void {
  let done = false;
  return (progress) => {
    if (done || !isMoment(progress)) return;
    done = true;
    act(progress);
  };
}

function expectNoticed(session: FaultySession, killedAtMs: number, withinMs: number = NOTICED_WITHIN_MS): void {
  const loss = session.lossAfter(killedAtMs);
  expect(loss, 'the driver said that a worker was lost').toBeDefined();
  expect((loss?.atMs ?? Infinity) - killedAtMs).toBeLessThan(withinMs);
}

async function failureOf(operation: Promise<unknown>): Promise<AppError> {
  const thrown = await operation.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

/** Stages by what they do in the lasting query: 3 and 4 scan, 2 joins and groups, 1 groups, 0 orders on worker 0. */
const MOMENTS: readonly (readonly [string, number, (progress: Progress) => boolean])[] = [
  ['as it scans', 1, ({ stage, worker, state }) => stage === 3 && worker === 1 && state === 'started'],
  ['as its first output is complete', 1, ({ worker, state }) => worker === 1 && state === 'finished'],
  ['as it reads an exchange', 2, ({ stage, worker, state }) => stage === 2 && worker === 2 && state === 'started'],
  ['when others have read what it sent', 2, ({ stage, worker, state }) => stage === 2 && worker !== 2 && state === 'finished'],
  ['in the last stage', 0, ({ stage, worker, state }) => stage === 0 && worker === 0 && state === 'started'],
];

describe.each(['direct', 'store'] as const)('with the %s exchange, a worker killed', (exchange) => {
  it.each(MOMENTS)('%s is replaced and the answer is right', async (_, rank, isMoment) => {
    const session = await open(exchange);
    let killedAtMs = Infinity;
    const { rows, result } = await session.query(LASTING_QUERY, once(isMoment, () => {
      killedAtMs = systemClock.nowMs();
      session.kill(rank);
    }));
    expect(rows).toEqual(expected);
    expect(result.restarts).toBe(1);
    expectNoticed(session, killedAtMs);
  });

  it('as it starts is replaced', async () => {
    const session = await open(exchange, { onStart: (_rank, pid, count) => void (count === 2 && process.kill(pid, 'SIGKILL')) });
    const { rows } = await session.query(LASTING_QUERY);
    expect(rows).toEqual(expected);
  });

  it.each(SEEDS)('at random moments, again and again, never gives a wrong answer (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const session = await open(exchange);
    const calm = await session.query(LASTING_QUERY);
    for (let round = 0; round < 3; round++) {
      const [rank, delayMs] = [randomInt(random, 0, WORKERS - 1), randomInt(random, 0, Math.ceil(calm.elapsedMs))];
      const killing = sleep(systemClock, delayMs).then(() => session.kill(rank));
      const { rows } = await session.query(LASTING_QUERY);
      await killing;
      await sleep(systemClock, 300); // a kill that came behind this query is not one of the next
      expect(rows, `worker ${rank} killed after ${delayMs} ms`).toEqual(expected);
    }
  });

  it('between two queries does not show in the next one', async () => {
    const session = await open(exchange);
    await session.query(LASTING_QUERY);
    session.kill(1);
    const { rows } = await session.query(LASTING_QUERY);
    expect(rows).toEqual(expected);
  });

  it('whose machine stops it without killing it is ended and replaced', async () => {
    const session = await open(exchange);
    let stoppedAtMs = Infinity;
    let pid = 0;
    const { rows, result } = await session.query(LASTING_QUERY, once(({ stage, worker }) => stage === 2 && worker === 2, () => {
      stoppedAtMs = systemClock.nowMs();
      pid = session.pid(2);
      session.kill(2, 'SIGSTOP');
    }));
    expect(rows).toEqual(expected);
    expect(result.restarts).toBe(1);
    expectNoticed(session, stoppedAtMs, SILENT_WITHIN_MS);
    expect(session.pid(2)).not.toBe(pid);
  });
});

it('two workers killed at the same time are both replaced by the store exchange', async () => {
  const session = await open('store');
  const { rows, result } = await session.query(LASTING_QUERY, once(({ stage }) => stage === 2, () => {
    session.kill(1);
    session.kill(2);
  }));
  expect(rows).toEqual(expected);
  expect(result.restarts).toBe(2);
});

it('the store exchange does not run again what was in the store', async () => {
  const session = await open('store');
  const { rows, result } = await session.query(LASTING_QUERY, once(({ stage, worker, state }) => stage === 1 && worker === 1 && state === 'started', () => session.kill(1)));
  expect(rows).toEqual(expected);
  const [loss] = session.log.filter(({ message }) => message.startsWith('a worker was lost'));
  expect(loss?.fields['fragments']).toBe(1);
  expect(result.reports).toHaveLength(4 * WORKERS + 1);
});

it('the direct exchange gives up after the second loss, with rank, stage and last words', async () => {
  const session = await open('direct', { nodeOptions: '--report-on-signal --report-signal=SIGUSR2' });
  const error = await failureOf(session.query(LASTING_QUERY, ({ stage, worker, state }) => {
    if (worker !== 1 || state !== 'started') return;
    if (stage === 3) session.kill(1, 'SIGUSR2'); // Node says so on stderr
    if (stage === 2) session.kill(1);
  }));
  expect(error.code).toBe('worker-lost');
  expect(error.message).toMatch(/second attempt.* in stage 2, worker 1 was killed by SIGKILL; its last words: [^]*report/);
  expect((await session.query(LASTING_QUERY)).rows).toEqual(expected);
});

it('the store exchange gives up after three recoveries, and says so', async () => {
  const session = await open('store');
  const error = await failureOf(session.query(LASTING_QUERY, ({ stage, worker, state }) => {
    if (stage === 2 && worker === 1 && state === 'started') session.kill(1);
  }));
  expect(error.code).toBe('worker-lost');
  expect(error.message).toMatch(/after 3 other losses, in stage 2, worker 1 was killed by SIGKILL/);
  expect((await session.query(LASTING_QUERY)).rows).toEqual(expected);
});
