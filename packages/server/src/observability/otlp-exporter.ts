/**
 * Sends traces to an OpenTelemetry collector (OTLP over HTTP, JSON), in batches, in the background. What the collector does
 * not take in time is dropped and counted: an invocation never waits for it.
 */
import type { Trace } from '@pappus/api';
import { AppError, errorMessage, withDeadline, type Clock, type Logger, type Timer } from '@pappus/core';
import type { ServerConfig } from '../config/server-config.ts';
import { OTLP_BATCH_TRACES, OTLP_INTERVAL_MS, OTLP_MAX_WAITING_TRACES, OTLP_TIMEOUT_MS } from '../limits.ts';
import { otlpBody } from './otlp-spans.ts';

export interface OtlpExporterOptions {
  readonly config: NonNullable<ServerConfig['otlp']>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class OtlpExporter {
  readonly #options: OtlpExporterOptions;
  #waiting: Trace[] = [];
  #timer: Timer | null = null;
  #sending: Promise<void> | null = null;
  exported = 0;
  dropped = 0;

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
  }

  add(trace: Trace): void {
    if (this.#waiting.length >= OTLP_MAX_WAITING_TRACES) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(trace);
    if (this.#waiting.length >= OTLP_BATCH_TRACES) this.#flush();
    else this.#timer ??= this.#options.clock.schedule(OTLP_INTERVAL_MS, () => this.#flush(), { background: true });
  }

  /** Sends what waits, once. */
  async stop(): Promise<void> {
    await this.#sending;
    this.#flush();
    await this.#sending;
    this.#timer?.cancel();
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#sending !== null || this.#waiting.length === 0) return;
    const batch = this.#waiting.slice(0, OTLP_BATCH_TRACES);
    this.#waiting = this.#waiting.slice(OTLP_BATCH_TRACES);
    this.#sending = this.#send(batch).finally(() => {
      this.#sending = null;
      if (this.#waiting.length >= OTLP_BATCH_TRACES) this.#flush();
      else if (this.#waiting.length > 0) this.#timer ??= this.#options.clock.schedule(OTLP_INTERVAL_MS, () => this.#flush(), { background: true });
    });
  }

  /** Never rejects. */
  async #send(batch: readonly Trace[]): Promise<void> {
    const { config, clock, logger } = this.#options;
    const { endpoint, headers, serviceName } = config;
    try {
      await withDeadline({ clock, timeoutMs: OTLP_TIMEOUT_MS, waitingFor: `the collector at ${endpoint}` }, async (signal) => {
        const body = JSON.stringify(otlpBody(batch, serviceName));
        const response = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body, signal, redirect: 'error' });
        await response.body?.cancel();
        if (!response.ok) throw new AppError('unavailable', `status ${response.status}`);
      });
      this.exported += batch.length;
    } catch (thrown) {
      this.dropped += batch.length;
      logger.log('warn', 'traces could not be exported', { endpoint, traces: batch.length, reason: errorMessage(thrown) });
    }
  }
}
