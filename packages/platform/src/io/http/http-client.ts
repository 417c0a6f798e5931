/** Connections to everywhere: sends one request once. What connections of different trust reach is never shared. */
import type { Socket } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { KEEP_ALIVE_MS, MAX_KEEP_ALIVE_MS, MAX_KEPT_CONNECTIONS, MAX_RESPONSE_HEADER_BYTES } from '../limits.ts';
import type { Trust } from './destinations.ts';
import { guardedConnector } from './guarded-connector.ts';
import { HttpExchange, type ExchangeResult } from './http-exchange.ts';
import { httpFailure } from './http-failure.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Asker } from './lane-turns.ts';
import type { Header } from './message-head.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { TurnGate } from './turn-gate.ts';

/** Of a connection that undici begins anew by itself. */
const OTHER_LANE = '';

export class HttpClient {
  readonly #settings: HttpSettings;
  readonly #agents = new Map<Trust, Agent>();
  readonly #gate: TurnGate;
  readonly #budget: ByteBudget;
  #connections = 0;
  /** Of the request that is being dispatched: a connection is begun in the same turn, and its look-up counts for this lane. */
  #lane = OTHER_LANE;

  /** `budget`: for responses that are being received. */
  constructor(settings: HttpSettings, budget: ByteBudget) {
    this.#settings = settings;
    this.#gate = new TurnGate(settings.requestsAtOnce, settings.requestsPerDestination);
    this.#budget = budget;
  }

  /** Rejects with the signal's reason, or with `resource-exhausted` when too many requests wait. */
  async send(request: OutgoingRequest, trust: Trust, extraHeader: Header | null, asker: Asker): Promise<ExchangeResult> {
    const { url, method } = request;
    const { signal } = asker;
    const release = await this.#gate.enter(url.origin, asker);
    if (signal.aborted) {
      // the turn came in the same moment
      release();
      throw signal.reason;
    }
    const exchange = new HttpExchange({ where: url.host, method, maxResponseBytes: this.#settings.responseBytes, budget: this.#budget, extraHeader, onSettled: release });
    const onAbort = (): void => exchange.giveUp(httpFailure('connection-lost', `${url.host}: the request was given up`));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#lane = asker.lane;
    try {
      this.#agent(trust).dispatch(this.#dispatchOptions(request), exchange);
    } catch (thrown) {
      // undici refuses what it will not write; our own checks come first
      exchange.onResponseError(null, thrown);
    } finally {
      this.#lane = OTHER_LANE;
    }
    try {
      const result = await exchange.result;
      signal.throwIfAborted();
      return result;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Connections that are open, idle ones included. */
  get connections(): number {
    return this.#connections;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #dispatchOptions({ method, url, headers, body }: OutgoingRequest): Dispatcher.DispatchOptions {
    const { headersTimeoutMs, bodyTimeoutMs } = this.#settings;
    return {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: headers.flatMap(({ name, value }) => [name, value]),
      body: body.length === 0 ? null : body,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      reset: this.#connections >= MAX_KEPT_CONNECTIONS,
    };
  }

  #agent(trust: Trust): Agent {
    let agent = this.#agents.get(trust);
    if (agent === undefined) {
      agent = this.#newAgent(trust);
      this.#agents.set(trust, agent);
    }
    return agent;
  }

  #newAgent(trust: Trust): Agent {
    const { resolver, classify, connectTimeoutMs, certificateAuthorities, requestsPerDestination } = this.#settings;
    const onOpen = (socket: Socket): void => {
      this.#connections++;
      socket.once('close', () => void this.#connections--);
    };
    return new Agent({
      connect: guardedConnector(trust, { resolver, classify, timeoutMs: connectTimeoutMs, certificateAuthorities, lane: () => this.#lane, onOpen }),
      connections: requestsPerDestination,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    });
  }
}

