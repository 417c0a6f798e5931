/** A session whose workers the tests can end: it knows their processes, and hears what the driver logs and when. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined, sleep, systemClock, systemCode, systemRandom, type LogFields, type Logger } from '@pappus/core';
import { createProcessProvider, type Instance, type InstanceSpec, type Provider } from '@pappus/providers';
import type { Progress } from '../execution/query-run.ts';
import type { TextRow } from '../execution/text-frame.ts';
import { Session, type ExchangeKind, type QueryResult } from '../session.ts';
import { ALL_HASHED } from './fault-tables.ts';

export interface LogLine {
  readonly atMs: number;
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface FaultyOptions {
  readonly tables: string;
  readonly exchange: ExchangeKind;
  readonly workers?: number;
  readonly workerMemoryBytes?: number;
  /** Called as soon as a worker's process runs. */
  readonly onStart?: (rank: number, pid: number, count: number) => void;
  /** For the workers' Node. */
  readonly nodeOptions?: string;
  /** Where workers have their folders. */
  readonly workRoot?: string;
}

export interface Answer {
  readonly result: QueryResult;
  readonly rows: readonly TextRow[];
  readonly elapsedMs: number;
}

const QUERY_TIMEOUT_MS = 45_000;

export class FaultySession {
  readonly session: Session;
  readonly log: LogLine[];
  readonly #instances: readonly Instance[];
  readonly #provider: Provider;
  readonly #folder: string;

  private constructor(session: Session, log: LogLine[], instances: readonly Instance[], provider: Provider, folder: string) {
    this.session = session;
    this.log = log;
    this.#instances = instances;
    this.#provider = provider;
    this.#folder = folder;
  }

  static async open(options: FaultyOptions): Promise<FaultySession> {
    const { tables, exchange, workers = 3, workerMemoryBytes = 512 * 1024 * 1024, onStart } = options;
    const folder = await mkdtemp(join(tmpdir(), 'pappus-faults-'));
    const log: LogLine[] = [];
    const logger = recordingLogger(log);
    const common = { clock: systemClock, random: systemRandom, logger };
    const processes = createProcessProvider({ ...common, workRoot: options.workRoot ?? folder, nodeArgs: ['--conditions=source'] });
    const instances: Instance[] = [];
    const provider: Provider = {
      start: async (spec: InstanceSpec, signal) => {
        const { nodeOptions } = options;
        const env = nodeOptions === undefined ? spec.env : { ...spec.env, NODE_OPTIONS: nodeOptions };
        const instance = await processes.start({ ...spec, env }, signal);
        instances.push(instance);
        onStart?.(rankOf(instance), defined(instance.pid, 'pid'), instances.length);
        return instance;
      },
      stop: () => processes.stop(),
    };
    const session = await Session.open({ tables, exchange, workers, workerMemoryBytes, provider, ...common, store: 'none', tempRoot: folder });
    return new FaultySession(session, log, instances, processes, folder);
  }

  /** The process of the worker that has the rank now. */
  pid(rank: number): number {
    const instance = this.#instances.findLast((candidate) => rankOf(candidate) === rank);
    return defined(instance?.pid, `process of worker ${rank}`);
  }

  kill(rank: number, signal: NodeJS.Signals = 'SIGKILL'): void {
    signalProcess(this.pid(rank), signal);
  }

  async query(sql: string, onProgress: (progress: Progress) => void = () => {}): Promise<Answer> {
    const rows: TextRow[] = [];
    const startedAt = systemClock.nowMs();
    const signal = AbortSignal.timeout(QUERY_TIMEOUT_MS);
    const result = await this.session.query(sql, { form: 'text', distribution: ALL_HASHED, signal, onProgress, onRows: (batch) => void rows.push(...batch) });
    return { result, rows, elapsedMs: systemClock.nowMs() - startedAt };
  }

  /** When the driver first said that a worker was lost, after this moment. */
  lossAfter(sinceMs: number): LogLine | undefined {
    return this.log.find(({ message, atMs }) => atMs >= sinceMs && message.startsWith('a worker was lost'));
  }

  /** Stops it, and says what was left behind of its processes and files. */
  async stop(): Promise<{ readonly processes: readonly number[]; readonly files: readonly string[] }> {
    await this.session.stop();
    await this.#provider.stop();
    await sleep(systemClock, 20);
    const processes = this.#instances.map(({ pid }) => defined(pid, 'pid')).filter(isAlive);
    const files = await readdir(this.#folder);
    await rm(this.#folder, { recursive: true, force: true });
    return { processes, files };
  }
}

const rankOf = ({ label }: Instance): number => Number(label.replace('worker ', ''));

function recordingLogger(log: LogLine[]): Logger {
  const logger: Logger = {
    log: (level, message, fields = {}) => void log.push({ atMs: systemClock.nowMs(), level, message, fields }),
    child: () => logger,
  };
  return logger;
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ESRCH') throw thrown;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
