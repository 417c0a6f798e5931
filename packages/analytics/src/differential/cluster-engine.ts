/** The real engine for tests: a session with warm workers over a folder of tables, whose answers are compared. */
import { tmpdir } from 'node:os';
import { jsonLogger, systemClock, systemRandom } from '@pappus/core';
import { createProcessProvider } from '@pappus/providers';
import type { DistributionOptions } from '../plan/distribute/options.ts';
import { Session, type ExchangeKind, type QueryResult } from '../session.ts';
import type { TextRow } from '../execution/text-frame.ts';
import type { Rows } from './rows.ts';

export interface ClusterEngineOptions {
  readonly tables: string;
  readonly workers: number;
  readonly exchange: ExchangeKind;
  readonly workerMemoryBytes?: number;
  /** How long a query may take. */
  readonly timeoutMs?: number;
}

export interface EngineAnswer {
  readonly rows: Rows;
  readonly result: QueryResult;
}

export interface ClusterEngine {
  readonly session: Session;
  answer(sql: string, distribution?: Partial<DistributionOptions>): Promise<EngineAnswer>;
  /** Each row as the JSON object that `form: 'json'` gives. */
  json(sql: string): Promise<readonly unknown[]>;
  /** The bytes of a Parquet file with the result. */
  parquet(sql: string): Promise<Uint8Array>;
  stop(): Promise<void>;
}

const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

export async function openClusterEngine(options: ClusterEngineOptions): Promise<ClusterEngine> {
  const logger = jsonLogger({ clock: systemClock, level: 'error', write: (line) => void process.stderr.write(`${line}\n`) });
  const provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger, workRoot: tmpdir(), nodeArgs: ['--conditions=source'] });
  const { tables, workers, exchange, workerMemoryBytes = DEFAULT_MEMORY_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const session = await Session.open({ tables, workers, workerMemoryBytes, exchange, store: 'none', provider, clock: systemClock, random: systemRandom, logger, tempRoot: await provider.scratchFolder() });
  const signal = (): AbortSignal => AbortSignal.timeout(timeoutMs);
  await session.warmUp(signal());
  return {
    session,
    answer: (sql, distribution = {}) => textAnswer(session, sql, distribution, signal()),
    async json(sql) {
      const rows: unknown[] = [];
      await session.query(sql, { form: 'json', signal: signal(), onRows: (batch) => void rows.push(...batch.map(([object]) => JSON.parse(object ?? 'null') as unknown)) });
      return rows;
    },
    async parquet(sql) {
      const pieces: Uint8Array[] = [];
      await session.query(sql, { form: 'parquet', signal: signal(), onBytes: (bytes) => void pieces.push(bytes) });
      return Buffer.concat(pieces);
    },
    async stop() {
      await session.stop();
      await provider.stop();
    },
  };
}

async function textAnswer(session: Session, sql: string, distribution: Partial<DistributionOptions>, signal: AbortSignal): Promise<EngineAnswer> {
  const rows: TextRow[] = [];
  const result = await session.query(sql, { form: 'text', distribution, signal, onRows: (batch) => void rows.push(...batch) });
  return { rows: { columns: result.columns, rows }, result };
}
