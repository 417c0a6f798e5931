/** The 22 queries on every number of workers and both exchanges, each answer against one DuckDB process on the same files. */
import { availableParallelism } from 'node:os';
import type { ExchangeKind, Session, TextRow } from '@pappus/analytics';
import { systemClock } from '@pappus/core';
import { generateTpch, tpchQueries, tpchQuery } from '@pappus/tpch';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../environment.ts';
import type { CommandContext } from '../program.ts';
import { SingleProcess } from './check.ts';
import { withSession } from '../table-session.ts';

const MIB = 1024 * 1024;
const QUERY_TIMEOUT_MS = 120_000;
const EXCHANGES: readonly ExchangeKind[] = ['direct', 'store'];

const context: CommandContext = { out: process.stdout, err: process.stderr, signal: new AbortController().signal };

interface Cell {
  readonly tables: string;
  readonly scaleFactor: number;
  readonly workers: number;
  readonly exchange: ExchangeKind;
  readonly workerMemory?: number;
  /** Random substitution parameters instead of those of validation. */
  readonly seed?: number;
  /** Absent: as users have it. */
  readonly rowsPerWorker?: number;
}

async function tpchData(scaleFactor: number): Promise<string> {
  const outDir = await cacheFolder('tpch', `sf${scaleFactor}`);
  await generateTpch({ scaleFactor, outDir, threads: availableParallelism(), clock: systemClock });
  return outDir;
}

/** The queries with wrong answers, each with its first difference; errors count as wrong. */
async function wrongAnswers({ tables, scaleFactor, workers, exchange, workerMemory = 1024 * MIB, seed, ...sizing }: Cell): Promise<string[]> {
  return withSession(context, { tables, workers, workerMemory, exchange, storeProfile: 'none', ...sizing }, async (session) => {
    const single = await SingleProcess.open(session.catalog);
    try {
      const wrong: string[] = [];
      for (const { number } of tpchQueries) {
        const sql = tpchQuery(number, { scaleFactor, ...(seed === undefined ? {} : { seed }) });
        const difference = await differenceIn(session, single, sql).catch((thrown: unknown) => String(thrown));
        if (difference !== '') wrong.push(`query ${number}: ${difference}`);
      }
      return wrong;
    } finally {
      single.close();
    }
  });
}

async function differenceIn(session: Session, single: SingleProcess, sql: string): Promise<string> {
  const rows: TextRow[] = [];
  const result = await session.query(sql, { form: 'text', signal: AbortSignal.timeout(QUERY_TIMEOUT_MS), onRows: (batch) => void rows.push(...batch) });
  if (result.plan.wholeReason !== null) return `not distributed: ${result.plan.wholeReason}`;
  if (result.restarts > 0) return 'a worker was lost on the way';
  return (await single.check(sql, result, rows, systemClock.nowMs)).difference;
}

describe('scale factor 0.1', () => {
  let tables: string;
  beforeAll(async () => {
    tables = await tpchData(0.1);
  });

  const cells = [1, 3, 4, 8].flatMap((workers) => EXCHANGES.map((exchange) => ({ workers, exchange })));
  it.each(cells)('is right on 22 of 22 with $workers workers, $exchange exchange', async (cell) => {
    expect(await wrongAnswers({ tables, scaleFactor: 0.1, ...cell })).toEqual([]);
  });

  it.each(cells)('is right with every stage on all of $workers workers, $exchange exchange', async (cell) => {
    expect(await wrongAnswers({ tables, scaleFactor: 0.1, rowsPerWorker: 0, ...cell })).toEqual([]);
  });

  it.each([11, 12, 13])('is right with random parameters of seed %d', async (seed) => {
    expect(await wrongAnswers({ tables, scaleFactor: 0.1, workers: 4, exchange: 'direct', seed })).toEqual([]);
  });

  it.each(EXCHANGES)('is right with 256 MB for each of 4 workers, %s exchange', async (exchange) => {
    expect(await wrongAnswers({ tables, scaleFactor: 0.1, workers: 4, exchange, workerMemory: 256 * MIB })).toEqual([]);
  });
});

describe('scale factor 1', () => {
  let tables: string;
  beforeAll(async () => {
    tables = await tpchData(1);
  });

  it.each(EXCHANGES)('is right on 22 of 22 with 4 workers, %s exchange', async (exchange) => {
    expect(await wrongAnswers({ tables, scaleFactor: 1, workers: 4, exchange })).toEqual([]);
  });
});
