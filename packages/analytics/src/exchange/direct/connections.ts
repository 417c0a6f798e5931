/** The connections that a worker has dialled, one for each peer, kept over stages and queries. */
import { abortable, AppError, toAppError, withDeadline, type Clock, type Rank } from '@pappus/core';
import type { Group } from '@pappus/overlay';
import { CONNECT_TIMEOUT_MS, EXCHANGE_PORT, STOP_TIMEOUT_MS } from '../limits.ts';
import { OutgoingConnection } from './outgoing.ts';

interface Dialled {
  readonly connection: Promise<OutgoingConnection>;
  readonly closed: Promise<void>;
}

export class Connections {
  readonly #group: Group;
  readonly #clock: Clock;
  readonly #dialled = new Map<Rank, Dialled>();
  readonly #stopped = new AbortController();

  constructor(group: Group, clock: Clock) {
    this.#group = group;
    this.#clock = clock;
  }

  /** The connection to a peer; dials when there is none. */
  to(rank: Rank): Promise<OutgoingConnection> {
    const present = this.#dialled.get(rank);
    if (present !== undefined) return present.connection;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const gone = (): void => {
      if (this.#dialled.get(rank) === entry) this.#dialled.delete(rank);
      resolve();
    };
    const connection = this.#dial(rank, gone);
    const entry: Dialled = { connection, closed };
    this.#dialled.set(rank, entry);
    connection.catch(gone);
    return connection;
  }

  /** A peer is gone; the next use dials anew. */
  drop(rank: Rank, reason: AppError): void {
    this.#dialled.get(rank)?.connection.then((connection) => connection.destroy(reason), () => {});
  }

  /** Lets the sockets drain, then closes what is left. */
  async stop(): Promise<void> {
    const reason = new AppError('cancelled', 'the exchange was stopped');
    this.#stopped.abort(reason);
    const all = [...this.#dialled.values()];
    const connections = await Promise.allSettled(all.map(({ connection }) => connection));
    const open = connections.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const connection of open) connection.end();
    const options = { clock: this.#clock, timeoutMs: STOP_TIMEOUT_MS, waitingFor: 'exchange connections to drain' };
    await withDeadline(options, () => Promise.all(all.map(({ closed }) => closed))).catch(() => {
      for (const connection of open) connection.destroy(reason);
    });
  }

  async #dial(rank: Rank, gone: () => void): Promise<OutgoingConnection> {
    const { signal } = this.#stopped;
    const options = { clock: this.#clock, timeoutMs: CONNECT_TIMEOUT_MS, waitingFor: `an exchange connection to worker ${rank}`, signal };
    try {
      const socket = await withDeadline(options, (deadline) => abortable(this.#group.connect(rank, EXCHANGE_PORT, deadline), deadline));
      return new OutgoingConnection(socket, rank, gone);
    } catch (thrown) {
      const cause = toAppError(thrown);
      if (cause.code === 'cancelled') throw cause;
      throw new AppError('worker-lost', `worker ${rank} cannot be reached for the exchange: ${cause.message}`, { cause, retryable: true });
    }
  }
}
