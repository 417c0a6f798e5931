/** HTTP in front of the platform's parts. It holds sockets and tokens, and runs no guest code. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Signature } from '@pappus/api';
import { AppError, type Clock, type Logger, type Random } from '@pappus/core';
import type { ComputeEngine, Registry } from '@pappus/platform';
import { TokenTable } from '../access/token-table.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { ApiServer } from '../http/api-server.ts';
import { answersFull, BodyMemory } from '../http/body-memory.ts';
import { HttpListener } from '../http/http-listener.ts';
import { AccessLog } from '../observability/access-log.ts';
import { InvocationMetrics } from '../observability/invocation-metrics.ts';
import { LogStore } from '../observability/log-store.ts';
import type { Metrics } from '../observability/metrics.ts';
import { OtlpExporter } from '../observability/otlp-exporter.ts';
import { TraceStore } from '../observability/trace-store.ts';
import { deployCompositionRoute } from '../routes/deploy-composition.ts';
import { deployFunctionRoute } from '../routes/deploy-function.ts';
import { observingRoutes } from '../routes/observing-routes.ts';
import { registryRoutes } from '../routes/registry-routes.ts';
import { InvocationRecorder } from './invocation-recorder.ts';
import { Invocations } from './invocations.ts';
import { INVOKE_PREFIX } from './invoke-target.ts';
import type { Invoker } from './invoker.ts';

export interface GatewayOptions {
  readonly config: ServerConfig;
  readonly registry: Registry;
  readonly engine: Pick<ComputeEngine, 'prepare' | 'stats'>;
  readonly invoker: Invoker;
  /** The platform's own functions, which compositions may call. */
  readonly builtins: ReadonlyMap<string, Signature>;
  readonly metrics: Metrics;
  /** Of Pappus, for the API document. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Answers get so long to reach their clients once the invocations have ended. */
const CLOSE_GRACE_MS = 2_000;

export class Gateway {
  readonly #listener: HttpListener;
  readonly #invocations: Invocations;
  readonly #api: ApiServer;
  readonly #otlp: OtlpExporter | null;
  readonly #state: GatewayState;
  readonly #drainMs: number;
  #stopping: Promise<void> | null = null;

  private constructor(parts: GatewayParts, listener: HttpListener, drainMs: number) {
    this.#listener = listener;
    this.#invocations = parts.invocations;
    this.#api = parts.api;
    this.#otlp = parts.otlp;
    this.#state = parts.state;
    this.#drainMs = drainMs;
  }

  /** Resolves when it listens. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { config, clock, logger, metrics } = options;
    const parts = buildParts(options);
    const { invocations, api } = parts;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (request.method === 'POST' && request.url?.startsWith(INVOKE_PREFIX) === true) void invocations.handle(request, response);
      else void api.handle(request, response);
    };
    const listener = await HttpListener.open({ config, handle, clock, logger });
    metrics.gauge('pappus_http_connections', 'Open connections of clients', () => listener.connections);
    metrics.counted('pappus_http_connections_refused_total', 'Connections dropped since there were too many', () => listener.refused);
    metrics.gauge('pappus_invocations_running', 'Invocations under way', () => invocations.running);
    return new Gateway(parts, listener, config.drainMs);
  }

  get url(): string {
    return this.#listener.url;
  }

  /** Takes nothing new, lets what runs end in its time, then ends it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#state.ready = false;
    const closed = this.#listener.close(this.#drainMs + CLOSE_GRACE_MS);
    await Promise.all([this.#invocations.drain(this.#drainMs), this.#api.stop()]);
    await closed;
    await this.#otlp?.stop();
  }
}

interface GatewayState {
  ready: boolean;
}

interface GatewayParts {
  readonly invocations: Invocations;
  readonly api: ApiServer;
  readonly otlp: OtlpExporter | null;
  readonly state: GatewayState;
}

function buildParts(options: GatewayOptions): GatewayParts {
  const { config, registry, invoker, metrics, clock, random, logger } = options;
  const state: GatewayState = { ready: true };
  const tokens = new TokenTable(config.tokens, clock);
  const bodies = new BodyMemory(config.http.bodyMemoryBytes);
  const answers = new BodyMemory(config.http.answerMemoryBytes, answersFull);
  const traces = new TraceStore({ ...config.traces, clock });
  const logs = new LogStore(clock);
  const accessLog = new AccessLog(logger, config.accessLog.oneIn);
  const otlp = config.otlp === null ? null : new OtlpExporter({ config: config.otlp, clock, logger });
  const recorder = new InvocationRecorder({ metrics: new InvocationMetrics(metrics), traces, logs, accessLog, otlp, clock });
  metrics.gauge('pappus_body_bytes', 'Bytes of request bodies in memory', () => bodies.bytes);
  metrics.gauge('pappus_answer_bytes', 'Bytes of answers that their clients have not read', () => answers.bytes);
  metrics.gauge('pappus_traces', 'Traces in memory', () => traces.size);
  const handlers = {
    ...registryRoutes(registry),
    ...observingRoutes({ registry, traces, logs, metrics, version: options.version, notReady: () => whyNotReady(state, options.engine) }),
    deployFunction: deployFunctionRoute(options),
    deployComposition: deployCompositionRoute(options),
    // Its path is looked at before the router: only requests with another method come here, and are refused by it.
    invoke: unreachableRoute,
  };
  const invocations = new Invocations({ config, registry, invoker, tokens, bodies, answers, recorder, clock, random, logger });
  const api = new ApiServer({ handlers, tokens, bodies, bodyStallMs: config.http.bodyStallMs, metrics, accessLog, clock, logger });
  return { invocations, api, otlp, state };
}

function whyNotReady({ ready }: GatewayState, engine: GatewayOptions['engine']): string | null {
  if (!ready) return 'the server is stopping';
  return engine.stats().threads > 0 ? null : 'no engine is up at this moment';
}

function unreachableRoute(): never {
  throw new AppError('internal', 'an invocation reached the router');
}
