/**
 * A group of workers as the driver sees it: started once, warm over many queries. The driver runs the coordinator and
 * is the member behind the last worker.
 */
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { abortable, AppError, parseGroupId, parseInstanceId, parseRank, randomHex, sleep, toAppError, withDeadline, type Clock, type GroupId, type Logger, type Random } from '@pappus/core';
import { encodeTicket, generateSecret, joinGroup, startCoordinator, tcpNetwork, type Coordinator, type Group, type GroupSecret } from '@pappus/overlay';
import { describeExit, type Exit, type Instance, type Provider } from '@pappus/providers';
import { DirectTransport } from '../exchange/direct/transport.ts';
import { ControlChannel } from './control-channel.ts';
import { CONTROL_PORT, DEFAULT_WORKER_MEMORY_BYTES, EXIT_GRACE_MS, MAX_WORKERS, READY_TIMEOUT_MS } from './limits.ts';
import type { FromWorker, ToWorker } from './task.ts';
import { workerEnvironment, type StoreAccess } from './worker-config.ts';

export interface ClusterOptions {
  readonly workers: number;
  readonly workerMemoryBytes?: number;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** For results that do not fit in the driver's memory. */
  readonly spillFolder: string;
  readonly exchangeStore: StoreAccess | null;
  readonly tableStore: StoreAccess | null;
}

/** What a worker sends, or the news that it is gone. */
export type WorkerEvent =
  | { readonly kind: 'message'; readonly rank: number; readonly message: FromWorker }
  | { readonly kind: 'lost'; readonly rank: number; readonly error: AppError };

interface Seat {
  readonly rank: number;
  readonly instance: Instance;
  channel: ControlChannel<ToWorker, FromWorker> | null;
  lost: AppError | null;
}

const CLUSTER_MEMORY_SHARE = 64 * 1024 * 1024;

export class Cluster {
  readonly workers: number;
  readonly direct: DirectTransport;
  readonly #options: ClusterOptions;
  readonly #coordinator: Coordinator;
  readonly #group: Group;
  readonly #ticket: { readonly group: GroupId; readonly secret: GroupSecret };
  readonly #seats = new Map<number, Seat>();
  readonly #listeners = new Set<(event: WorkerEvent) => void>();
  #stopping: Promise<void> | null = null;

  private constructor(options: ClusterOptions, coordinator: Coordinator, group: Group, ticket: { readonly group: GroupId; readonly secret: GroupSecret }) {
    this.#options = options;
    this.#coordinator = coordinator;
    this.#group = group;
    this.#ticket = ticket;
    this.workers = options.workers;
    this.direct = new DirectTransport({ group, clock: options.clock, logger: options.logger, spillFolder: options.spillFolder, memoryBudgetBytes: CLUSTER_MEMORY_SHARE });
  }

  /** Resolves when every worker is ready; else stops what it started and says which are missing. */
  static async start(options: ClusterOptions, signal: AbortSignal): Promise<Cluster> {
    const { workers, clock, random, logger } = options;
    if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) throw new AppError('invalid-argument', `${workers} workers; between 1 and ${MAX_WORKERS} can run`);
    const secret = generateSecret(random);
    const shared = { network: tcpNetwork, clock, random, logger, group: parseGroupId(`query-${randomHex(random, 6)}`), secret };
    const listen = { host: '127.0.0.1', port: 0 };
    const coordinator = await startCoordinator({ ...shared, size: workers + 1, listen });
    const group = await joinGroup({ ...shared, coordinator: coordinator.address, instance: parseInstanceId('driver'), wantRank: parseRank(workers), listen, timeoutMs: READY_TIMEOUT_MS, signal }).catch(async (thrown: unknown) => {
      await coordinator.stop();
      throw thrown;
    });
    const cluster = new Cluster(options, coordinator, group, { group: shared.group, secret });
    try {
      await withDeadline({ clock, timeoutMs: READY_TIMEOUT_MS, waitingFor: `${workers} workers to be ready`, signal }, (inner) => Promise.all(Array.from({ length: workers }, (_, rank) => cluster.#startWorkerTwice(rank, inner))));
      return cluster;
    } catch (thrown) {
      await cluster.stop();
      throw thrown;
    }
  }

  get memoryBytes(): number {
    return this.#options.workerMemoryBytes ?? DEFAULT_WORKER_MEMORY_BYTES;
  }

  /** Calls back on everything that workers say. Returns the function that ends it. */
  listen(listener: (event: WorkerEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const seat of this.#seats.values()) if (seat.lost !== null) listener({ kind: 'lost', rank: seat.rank, error: seat.lost });
    return () => this.#listeners.delete(listener);
  }

  send(rank: number, message: ToWorker): void {
    this.#seats.get(rank)?.channel?.send(message);
  }

  /** Starts a new worker in the place of each that was lost. */
  async replaceLost(signal: AbortSignal): Promise<void> {
    const lost = [...this.#seats.values()].filter((seat) => seat.lost !== null);
    await Promise.all(lost.map((seat) => this.#replace(seat.rank, signal, (inner) => this.#startWorkerTwice(seat.rank, inner))));
  }

  /** Starts a new worker in the place of one that was lost. When the new one is lost as well, that is reported like any loss. */
  replace(rank: number, signal: AbortSignal): Promise<void> {
    return this.#replace(rank, signal, (inner) => this.#startWorker(rank, inner));
  }

  async #replace(rank: number, signal: AbortSignal, start: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#seats.get(rank)?.instance.stop();
    await withDeadline({ clock: this.#options.clock, timeoutMs: READY_TIMEOUT_MS, waitingFor: `a new worker ${rank} to be ready`, signal }, start);
  }

  isLost(rank: number): boolean {
    return this.#seats.get(rank)?.lost !== null;
  }

  /** A worker that does not answer any more is ended; its loss is reported like any other. */
  async expel(rank: number): Promise<void> {
    await this.#seats.get(rank)?.instance.stop();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const seat of this.#seats.values()) seat.channel?.close();
    await Promise.all([...this.#seats.values()].map((seat) => seat.instance.stop()));
    await this.direct.stop();
    await this.#group.leave('finished', 'the driver is done');
    await this.#coordinator.stop();
  }

  /** One that is killed as it starts gets a second chance. */
  async #startWorkerTwice(rank: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#startWorker(rank, signal);
    } catch (thrown) {
      if (toAppError(thrown).code !== 'worker-lost' || signal.aborted || this.#stopping !== null) throw thrown;
      this.#options.logger.log('warn', 'a worker was lost as it started; another one starts', { error: toAppError(thrown).message });
      await this.#startWorker(rank, signal);
    }
  }

  async #startWorker(rank: number, signal: AbortSignal): Promise<void> {
    const { provider, exchangeStore, tableStore } = this.#options;
    const ticket = { coordinator: this.#coordinator.address, ...this.#ticket, wantRank: parseRank(rank) };
    const env = workerEnvironment(encodeTicket(ticket), { memoryBytes: this.memoryBytes, exchangeStore, tableStore });
    const instance = await provider.start({ entry: workerEntry(), args: [], env, memoryBytes: this.memoryBytes, label: `worker ${rank}` }, signal);
    if (this.#stopping !== null) {
      await instance.stop();
      throw new AppError('cancelled', 'the workers were stopped');
    }
    const seat: Seat = { rank, instance, channel: null, lost: null };
    this.#seats.set(rank, seat);
    const exited = instance.exited.then((exit) => this.#onExit(seat, exit));
    try {
      await Promise.race([abortable(this.#connect(seat, signal), signal), exited.then((error) => Promise.reject(error))]);
    } catch (thrown) {
      if (!signal.aborted) await Promise.race([exited, sleep(this.#options.clock, EXIT_GRACE_MS)]); // the exit says more than a stream that broke
      await instance.stop();
      throw signal.aborted ? thrown : (seat.lost ?? thrown);
    }
  }

  /** Opens the control stream; resolves when the worker says that it is ready. */
  async #connect(seat: Seat, signal: AbortSignal): Promise<void> {
    const dial = (): Promise<Duplex> => this.#group.connect(parseRank(seat.rank), CONTROL_PORT, signal);
    const stream = await dial().catch((thrown: unknown) => {
      // The news that its predecessor has left may have come just now.
      if (toAppError(thrown).code !== 'worker-lost' || seat.lost !== null) throw thrown;
      return dial();
    });
    const ready = Promise.withResolvers<void>();
    seat.channel = new ControlChannel<ToWorker, FromWorker>({
      stream,
      onMessage: (message) => (message.kind === 'ready' ? ready.resolve() : this.#emit({ kind: 'message', rank: seat.rank, message })),
      onClose: (error) => {
        ready.reject(error ?? new AppError('worker-lost', `worker ${seat.rank} closed its control stream`));
        void this.#onStreamEnd(seat);
      },
    });
    ready.promise.catch(() => {}); // awaited, but perhaps no longer
    await ready.promise;
  }

  /** A worker whose stream ended has exited, which says more; or it hangs, and then it is ended. */
  async #onStreamEnd(seat: Seat): Promise<void> {
    if (this.#stopping !== null) return;
    await Promise.race([seat.instance.exited, sleep(this.#options.clock, EXIT_GRACE_MS)]);
    const message = `worker ${seat.rank} does not answer any more`;
    this.#lose(seat, new AppError('worker-lost', message, { retryable: true, hint: 'It was stopped, or the machine is overloaded.' }));
    await seat.instance.stop();
  }

  #onExit(seat: Seat, exit: Exit): AppError {
    const words = exit.lastWords.trim();
    const message = `${describeExit(`worker ${seat.rank}`, exit)}${words === '' ? '' : `; its last words: ${words.slice(-LAST_WORDS_CHARS)}`}`;
    const hint = exit.reason === 'out-of-memory' ? { hint: 'Give workers more memory with --worker-memory, or use more workers.' } : {};
    return this.#lose(seat, new AppError(exit.reason === 'out-of-memory' ? 'resource-exhausted' : 'worker-lost', message, { retryable: true, ...hint }));
  }

  /** The first reason stands. */
  #lose(seat: Seat, error: AppError): AppError {
    if (seat.lost !== null) return seat.lost;
    seat.lost = error;
    if (this.#stopping === null) {
      this.#coordinator.evict(parseRank(seat.rank), error.message, 'lost');
      this.#emit({ kind: 'lost', rank: seat.rank, error });
    }
    return error;
  }

  #emit(event: WorkerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

const LAST_WORDS_CHARS = 500;

function workerEntry(): string {
  const source = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(source ? './worker-main.ts' : './worker-main.js', import.meta.url));
}

