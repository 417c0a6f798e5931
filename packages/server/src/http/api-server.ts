/** Everything but invocations: route, token, body, handler, answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, cancelled, type Clock, type Logger } from '@pappus/core';
import type { Caller, TokenTable } from '../access/token-table.ts';
import type { AccessLog } from '../observability/access-log.ts';
import type { Counter, Metrics } from '../observability/metrics.ts';
import type { ApiAnswer, ApiCall, Handler } from './api-call.ts';
import { Arrival, watchArrival } from './arrival.ts';
import { readBody } from './body.ts';
import type { BodyMemory } from './body-memory.ts';
import { problemOf, StatusError } from './problem-of.ts';
import { Router } from './router.ts';
import { sendBytes, sendJson, sendProblem } from './send.ts';

export interface ApiServerOptions {
  /** By operation id. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly tokens: TokenTable;
  readonly bodies: BodyMemory;
  readonly bodyStallMs: number;
  readonly metrics: Metrics;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of a call while it goes on. */
interface Going {
  operation: string;
  caller: Caller | null;
  /** It counts like an invocation of the caller's: a deployment takes an engine, and a place on the disk. */
  counted: boolean;
  taken: number;
  inputBytes: number;
}

const NO_BYTES = new Uint8Array(0);

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #router: Router<Handler>;
  readonly #counters = new Map<string, Counter>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#router = new Router(options.handlers);
  }

  /** Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const run = this.#answer(request, response).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  /** Ends what waits for something. */
  async stop(): Promise<void> {
    this.#stopping.abort(new AppError('unavailable', 'the server is stopping', { retryable: true }));
    await Promise.all(this.#running);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, bodies, logger } = this.#options;
    const startedMs = clock.nowMs();
    const going: Going = { operation: 'none', caller: null, counted: false, taken: 0, inputBytes: 0 };
    const left = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) left.abort(cancelled('the request: the client left'));
    });
    let status: number;
    try {
      status = await this.#send(response, left.signal, await this.#handle(request, response, going, AbortSignal.any([left.signal, this.#stopping.signal])));
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.code === 'internal') logger.log('error', 'a request met a defect', { operation: going.operation, error: String(thrown instanceof Error ? thrown.stack : thrown) });
      if (thrown instanceof StatusError && thrown.allow !== null) response.setHeader('Allow', thrown.allow);
      sendProblem(response, problem, thrown instanceof StatusError ? thrown.retryAfter : problem.retryable ? 1 : null, clock);
      status = problem.status;
    } finally {
      bodies.release(going.taken);
      if (going.counted) going.caller?.end(going.inputBytes);
    }
    this.#record(request, going, status, clock.nowMs() - startedMs);
  }

  async #handle(request: IncomingMessage, response: ServerResponse, going: Going, signal: AbortSignal): Promise<ApiAnswer> {
    const { url = '/', method = 'GET', headers } = request;
    const mark = url.indexOf('?');
    const { handler, operation, parameters } = this.#router.match(method, mark < 0 ? url : url.slice(0, mark));
    going.operation = operation.id;
    const caller = operation.open === true ? null : this.#options.tokens.caller(headers);
    going.caller = caller;
    if (method === 'PUT') {
      caller?.begin(0);
      going.counted = true;
    }
    const call: ApiCall = {
      parameters,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      contentType: headers['content-type'],
      signal,
      body: (maxBytes) => {
        if (headers.expect !== undefined) response.writeContinue();
        return this.#body(request, maxBytes, going, signal);
      },
    };
    return handler(call);
  }

  async #body(request: IncomingMessage, maxBytes: number, going: Going, signal: AbortSignal): Promise<Uint8Array> {
    const { bodies, clock, bodyStallMs } = this.#options;
    const arrival = new Arrival();
    const stalled = new AbortController();
    const watchNoMore = watchArrival(arrival, clock, bodyStallMs, (problem) => stalled.abort(problem));
    try {
      const { pieces: [bytes = NO_BYTES], taken } = await readBody(request, { maxBytes, memory: bodies, arrival }, AbortSignal.any([signal, stalled.signal]));
      going.taken += taken;
      going.inputBytes = bytes.length;
      return bytes;
    } finally {
      watchNoMore();
    }
  }

  async #send(response: ServerResponse, signal: AbortSignal, answer: ApiAnswer): Promise<number> {
    if (response.destroyed) return 0;
    const sending = { clock: this.#options.clock, signal };
    switch (answer.kind) {
      case 'json':
        await sendJson(response, answer.status, answer.value, sending);
        return answer.status;
      case 'text':
        await sendBytes(response, 200, answer.contentType, Buffer.from(answer.text), sending);
        return 200;
      case 'problem':
        sendProblem(response, answer.problem, null, this.#options.clock);
        return answer.problem.status;
    }
  }

  #record(request: IncomingMessage, { operation, caller, inputBytes }: Going, status: number, ms: number): void {
    const { accessLog } = this.#options;
    this.#counter(operation, status).value += 1;
    if (status < 400 && !accessLog.sample()) return;
    accessLog.write({ method: request.method ?? '', path: request.url?.split('?', 1)[0] ?? '', status, ms, inputBytes, outputBytes: 0, caller: caller?.name ?? null, invocation: null });
  }

  #counter(operation: string, status: number): Counter {
    const key = `${operation} ${status}`;
    const found = this.#counters.get(key);
    if (found !== undefined) return found;
    const counter = this.#options.metrics.counter('pappus_api_requests_total', 'Requests other than invocations, by operation and status', { operation, status: String(status) });
    this.#counters.set(key, counter);
    return counter;
  }
}
