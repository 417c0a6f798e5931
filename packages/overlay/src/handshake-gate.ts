/**
 * What a listener does with connections that have not proved themselves: bounded in number and in time, reset
 * when they fail, and logged once. Scanners, garbage and slow senders (slow loris) end here.
 */
import { AppError, errorMessage, withDeadline, type Clock, type Logger } from '@pappus/core';
import { IncidentLog } from './incident-log.ts';
import { MAX_PENDING_HANDSHAKES } from './limits.ts';
import type { Connection } from './network.ts';

export interface HandshakeGateOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** For the log: `control connection`. */
  readonly what: string;
}

export class HandshakeGate {
  readonly #options: HandshakeGateOptions;
  readonly #incidents: IncidentLog;
  readonly #pending = new Map<Connection, AbortController>();

  constructor(options: HandshakeGateOptions) {
    this.#options = options;
    this.#incidents = new IncidentLog(options.clock, options.logger);
  }

  /** The handshake's result; null when it failed, and then the connection is gone. */
  async run<T>(connection: Connection, handshake: () => Promise<T>): Promise<T | null> {
    const { clock, timeoutMs, what } = this.#options;
    const controller = new AbortController();
    this.#pending.set(connection, controller);
    this.#makeRoom();
    try {
      return await withDeadline({ clock, timeoutMs, waitingFor: `the handshake of a ${what}`, signal: controller.signal }, handshake);
    } catch (error) {
      connection.reset();
      this.report(`dropped a ${what}`, connection, errorMessage(error));
      return null;
    } finally {
      this.#pending.delete(connection);
    }
  }

  /** Logs what a stranger did, once for each kind in a while. */
  report(what: string, connection: Connection, detail: string): void {
    this.#incidents.report(what, connection.remote.host, detail);
  }

  /** Drops all that are pending. */
  close(): void {
    for (const controller of this.#pending.values()) controller.abort(new AppError('cancelled', 'the listener was closed'));
  }

  /** The oldest goes: an honest handshake takes milliseconds, so the oldest is the likeliest to be none. */
  #makeRoom(): void {
    const [oldest] = this.#pending;
    if (this.#pending.size <= MAX_PENDING_HANDSHAKES || oldest === undefined) return;
    this.#pending.delete(oldest[0]);
    oldest[1].abort(new AppError('resource-exhausted', `more than ${MAX_PENDING_HANDSHAKES} handshakes at a time`));
  }
}
