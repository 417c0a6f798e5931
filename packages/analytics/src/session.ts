/**
 * Analytics as a program uses it: opens the tables of a location, starts workers when the first query needs them, and
 * runs SQL. Everything that it starts ends with `stop`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, parseQueryId, randomHex, toAppError, withDeadline, type Clock, type Logger, type Random } from '@pappus/core';
import type { Provider } from '@pappus/providers';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { openLocation, type OpenLocation } from './catalog/location.ts';
import type { Catalog } from './catalog/table.ts';
import { bill, type Bill } from './cost/bill.ts';
import { awsUsEast1 } from './cost/prices.ts';
import { queryUsage } from './execution/query-usage.ts';
import { Cluster } from './execution/cluster.ts';
import { deleteQueryObjects } from './exchange/store/transport.ts';
import type { Frame } from './exchange/transport.ts';
import { S3Store } from './object-store/s3-store.ts';
import { MAX_RECOVERIES } from './execution/limits.ts';
import { runQuery, type FragmentOutcome, type Progress } from './execution/query-run.ts';
import { queryTasks } from './execution/query-task.ts';
import { resultWidth, shapeResult, type ResultForm } from './execution/result-form.ts';
import { decodeTextFrame, type TextRow } from './execution/text-frame.ts';
import type { ColumnType } from './engine/fragment.ts';
import { startEmbeddedStore, type EmbeddedStore } from './object-store/embedded/embedded-store.ts';
import { storeProfiles, type StoreProfileName } from './object-store/embedded/store-profile.ts';
import { addRequests, noRequests, type RequestCounts } from './object-store/request-counts.ts';
import type { S3Connection } from './object-store/s3-options.ts';
import type { StoreAccess } from './execution/worker-config.ts';
import type { DistributionOptions } from './plan/distribute/options.ts';
import { Planner } from './plan/planner.ts';
import { planStages } from './plan/stages/stage-planner.ts';
import type { StagePlan } from './plan/stages/stage.ts';
import { wholePlan } from './plan/stages/whole.ts';

export type ExchangeKind = 'direct' | 'store';

export interface SessionOptions {
  /** A local folder, or `s3://bucket/prefix`. */
  readonly tables: string;
  /** How to reach the bucket of an `s3://` location. */
  readonly tablesConnection?: S3Connection;
  /** A folder for nothing else, where footers of objects are kept over sessions. Absent: nowhere. */
  readonly cacheFolder?: string;
  readonly workers: number;
  readonly workerMemoryBytes: number;
  readonly exchange: ExchangeKind;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where the `store` exchange puts its objects: a store of its own that behaves as named, or one that exists. */
  readonly store: StoreProfileName | StoreAccess;
  /** An existing folder for what does not fit in memory; the session makes one of its own in it. */
  readonly tempRoot: string;
  /** Instead of what distribution was tuned to. */
  readonly distribution?: Partial<DistributionOptions>;
  /** Ends the opening of the tables. */
  readonly signal?: AbortSignal;
}

export interface QueryOptions {
  readonly form: ResultForm;
  readonly signal: AbortSignal;
  readonly onPlan?: (plan: StagePlan) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** The result, piece by piece, once the query has succeeded: some thousand rows of text or JSON, or the bytes of a Parquet file. */
  readonly onRows?: (rows: readonly TextRow[]) => void | Promise<void>;
  readonly onBytes?: (bytes: Uint8Array) => void | Promise<void>;
  /** Overrides what distribution was tuned to; differential tests reach every road with it. */
  readonly distribution?: Partial<DistributionOptions>;
}

export interface QueryResult {
  readonly columns: readonly ColumnType[];
  readonly plan: StagePlan;
  readonly reports: readonly FragmentOutcome[];
  readonly planMs: number;
  /** From the first task sent to the last row received; without planning and the start of workers. */
  readonly runMs: number;
  readonly requests: RequestCounts;
  readonly bill: Bill;
  /** How often the query, or with the `store` exchange the fragments of one worker, ran again after a worker was lost. */
  readonly restarts: number;
}

const MAX_RESTARTS = 1;
const CLEANUP_TIMEOUT_MS = 10_000;
/** It may scan a whole table for the values of a PIVOT. */
const DESCRIBE_TIMEOUT_MS = 600_000;

export class Session {
  readonly catalog: Catalog;
  readonly #options: SessionOptions;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  readonly #tableStore: StoreAccess | null;
  /** Requests of the driver that no bill has yet. */
  #unbilled: RequestCounts;
  #planner: Promise<Planner> | null = null;
  #cluster: Promise<Cluster> | null = null;
  #embedded: Promise<EmbeddedStore> | null = null;
  #exchangeObjects: { readonly store: S3Store; readonly prefix: string } | null = null;
  #queries = 0;

  private constructor(options: SessionOptions, connection: DuckDBConnection, location: OpenLocation, folder: string) {
    this.#options = options;
    this.#connection = connection;
    this.catalog = location.catalog;
    this.#tableStore = location.store;
    this.#unbilled = location.requests;
    this.#folder = folder;
  }

  static async open(options: SessionOptions): Promise<Session> {
    options.signal?.throwIfAborted();
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoload_known_extensions: 'false', autoinstall_known_extensions: 'false' });
    const connection = await instance.connect();
    const folder = await mkdtemp(join(options.tempRoot, 'pappus-session-'));
    try {
      const { tables, tablesConnection, cacheFolder, clock, random, logger, signal } = options;
      const location = await openLocation({ tables, s3: tablesConnection ?? null, cacheFolder: cacheFolder ?? null, tempFolder: folder, connection, clock, random, logger, signal: signal ?? new AbortController().signal });
      return new Session(options, connection, location, folder);
    } catch (thrown) {
      connection.closeSync();
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  async explain(sql: string, distribution: Partial<DistributionOptions> = {}): Promise<StagePlan> {
    return planStages(await this.#openPlanner(), this.catalog.tables, sql, { ...this.#options.distribution, ...distribution, workers: this.#options.workers });
  }

  /** Starts the workers now instead of with the first query. */
  async warmUp(signal: AbortSignal): Promise<void> {
    await this.#openCluster(signal);
  }

  async query(sql: string, options: QueryOptions): Promise<QueryResult> {
    const { clock } = this.#options;
    options.signal.throwIfAborted();
    const startedAt = clock.nowMs();
    const plan = await this.explain(sql, options.distribution);
    const planMs = clock.nowMs() - startedAt;
    options.onPlan?.(plan);
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#run(plan, options, { planMs, restarts });
      } catch (thrown) {
        const error = toAppError(thrown);
        const mayRetry = error.code === 'worker-lost' && this.#options.exchange === 'direct' && restarts < MAX_RESTARTS && !options.signal.aborted;
        if (!mayRetry) throw restarts === 0 ? thrown : lostAgain(error);
        this.#options.logger.log('warn', 'a worker was lost; the query starts again', { error: error.message });
      }
    }
  }

  async stop(): Promise<void> {
    const cluster = await this.#cluster?.catch(() => null);
    await cluster?.stop();
    this.#exchangeObjects?.store.close();
    await (await this.#embedded?.catch(() => null))?.stop();
    this.#connection.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run(plan: StagePlan, options: QueryOptions, before: { readonly planMs: number; readonly restarts: number }): Promise<QueryResult> {
    const { workers, exchange, clock, random, logger } = this.#options;
    const maxRecoveries = exchange === 'store' ? MAX_RECOVERIES : 0;
    const cluster = await this.#openCluster(options.signal);
    await cluster.replaceLost(options.signal);
    const query = `q${(this.#queries += 1)}-${randomHex(random, 4)}`;
    const shaped = shapeResult(plan, options.form);
    const tasks = queryTasks(shaped, { query, workers, transport: exchange, tables: this.catalog.tables, remote: this.catalog.kind === 's3' });
    const ran = await this.#withObjectsRemoved(query, () => runQuery({ cluster, clock, logger, query, plan: shaped, tasks, maxRecoveries, onProgress: options.onProgress ?? (() => {}), onFrame: deliver(plan, options), signal: options.signal }));
    const requests = [...ran.requests, this.#unbilled];
    this.#unbilled = noRequests;
    return {
      columns: plan.columns,
      plan,
      reports: ran.reports,
      planMs: before.planMs,
      runMs: ran.elapsedMs,
      requests: requests.reduce(addRequests, noRequests),
      bill: bill(queryUsage({ workers, memoryBytes: cluster.memoryBytes, elapsedMs: ran.elapsedMs, requests }), awsUsEast1),
      restarts: before.restarts + ran.recoveries,
    };
  }

  /** Exchange objects are rubbish once their query is over, however it ended. */
  async #withObjectsRemoved<T>(query: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } finally {
      const objects = this.#exchangeObjects;
      const deadline = { clock: this.#options.clock, timeoutMs: CLEANUP_TIMEOUT_MS, waitingFor: `the exchange objects of query ${query} to be deleted` };
      if (objects !== null) await withDeadline(deadline, (signal) => deleteQueryObjects(objects.store, objects.prefix, parseQueryId(query), signal));
    }
  }

  /** A worker says which columns a query has; the driver reads no tables. */
  async #columnsFromData(sql: string): Promise<readonly ColumnType[]> {
    const columns = ['column_name', 'column_type'].map((name) => ({ name, type: 'VARCHAR' }));
    const plan = wholePlan(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`, columns, this.catalog.tables, 'a description');
    const found: ColumnType[] = [];
    const onRows = (rows: readonly TextRow[]): void => void found.push(...rows.map(([name, type]) => ({ name: name ?? '', type: type ?? '' })));
    const deadline = { clock: this.#options.clock, timeoutMs: DESCRIBE_TIMEOUT_MS, waitingFor: 'a worker to describe the columns of the query' };
    await withDeadline(deadline, (signal) => this.#run(plan, { form: 'text', signal, onRows }, { planMs: 0, restarts: 0 }));
    return found;
  }

  #openPlanner(): Promise<Planner> {
    this.#planner ??= Planner.create(this.#connection, [...this.catalog.tables.values()], (sql) => this.#columnsFromData(sql));
    return this.#planner;
  }

  #openCluster(signal: AbortSignal): Promise<Cluster> {
    this.#cluster ??= this.#startCluster(signal);
    this.#cluster.catch(() => {
      this.#cluster = null; // the next query tries again
    });
    return this.#cluster;
  }

  async #startCluster(signal: AbortSignal): Promise<Cluster> {
    const { workers, workerMemoryBytes, provider, clock, random, logger } = this.#options;
    const exchangeStore = await this.#exchangeStore(signal);
    if (exchangeStore !== null) {
      const { connection, bucket, prefix } = exchangeStore;
      this.#exchangeObjects = { store: new S3Store({ connection, bucket, clock, random }), prefix };
    }
    return Cluster.start({ workers, workerMemoryBytes, provider, clock, random, logger, spillFolder: this.#folder, exchangeStore, tableStore: this.#tableStore }, signal);
  }

  async #exchangeStore(signal: AbortSignal): Promise<StoreAccess | null> {
    const { exchange, store, clock, random } = this.#options;
    if (exchange !== 'store') return null;
    if (typeof store !== 'string') return store;
    this.#embedded ??= startEmbeddedStore({ parentFolder: this.#folder, profile: storeProfiles[store], clock, random, signal });
    this.#embedded.catch(() => {
      this.#embedded = null; // the next query tries again
    });
    const { connection, bucket } = await this.#embedded;
    return { connection, bucket, prefix: 'exchange/' };
  }
}

/** The last failure, and that there was one before. */
function lostAgain(error: AppError): AppError {
  if (error.code !== 'worker-lost') return error;
  return new AppError(error.code, `a worker was lost in the second attempt as well: ${error.message}`, { cause: error, retryable: true, ...(error.hint === null ? {} : { hint: error.hint }) });
}

/** More would overflow the stack of a caller that appends a batch with `push(...rows)`; frames of empty values hold many more. */
const MAX_ROWS_AT_ONCE = 8192;

function deliver(plan: StagePlan, { form, onRows, onBytes }: QueryOptions): (frame: Frame) => void | Promise<void> {
  const width = resultWidth(plan, form);
  if (form === 'parquet') return (frame) => onBytes?.(frame);
  return async (frame) => {
    const rows = decodeTextFrame(frame, width);
    for (let from = 0; from < rows.length; from += MAX_ROWS_AT_ONCE) await onRows?.(rows.slice(from, from + MAX_ROWS_AT_ONCE));
  };
}
