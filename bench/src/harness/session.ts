/** Sessions as the command line opens them: workers are processes of this machine. */
import { tmpdir } from 'node:os';
import { Session, type ExchangeKind, type QueryResult, type TextRow } from '@pappus/analytics';
import { jsonLogger, systemClock, systemRandom } from '@pappus/core';
import { createProcessProvider } from '@pappus/providers';

export interface SessionSpec {
  readonly tables: string;
  readonly workers: number;
  readonly workerMemoryBytes: number;
  /** `store` is the embedded one with the `s3` profile. */
  readonly exchange: ExchangeKind;
}

/** Opens a session, hands it over, and ends everything that it started. */
export async function withSession<T>({ tables, workers, workerMemoryBytes, exchange }: SessionSpec, use: (session: Session) => Promise<T>): Promise<T> {
  const logger = jsonLogger({ clock: systemClock, level: 'warn', write: (line) => void process.stderr.write(`${line}\n`) });
  const provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger, workRoot: tmpdir(), nodeArgs: ['--conditions=source'] });
  try {
    const tempRoot = await provider.scratchFolder();
    const session = await Session.open({ tables, workers, workerMemoryBytes, exchange, store: 's3', provider, clock: systemClock, random: systemRandom, logger, tempRoot });
    try {
      return await use(session);
    } finally {
      await session.stop();
    }
  } finally {
    await provider.stop();
  }
}

export interface Answer {
  readonly result: QueryResult;
  readonly rows: readonly TextRow[];
  /** All of it: planning, running, rows as text, and the end on all workers. */
  readonly elapsedMs: number;
}

/** No query of a bench may hang: ten times what the slowest should take at SF 1 on a busy machine. */
const QUERY_TIMEOUT_MS = 180_000;

export async function answer(session: Session, sql: string, signal: AbortSignal): Promise<Answer> {
  const rows: TextRow[] = [];
  const began = performance.now();
  const result = await session.query(sql, { form: 'text', signal: AbortSignal.any([signal, AbortSignal.timeout(QUERY_TIMEOUT_MS)]), onRows: (batch) => void rows.push(...batch) });
  return { result, rows, elapsedMs: performance.now() - began };
}

/** Edges between stages; the one that leads to the driver is not counted. */
export const exchanges = ({ plan }: Pick<QueryResult, 'plan'>): number => plan.edges.length - 1;
