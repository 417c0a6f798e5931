/** One request to a server: address, token, and errors as `ProblemError` or `unavailable`. */
import { AppError, errorMessage, systemCode } from '@pappus/core';
import type { z } from 'zod';
import { MAX_JSON_BYTES } from '../limits.ts';
import { wholeBody } from './answer-body.ts';
import { parseProblem, ProblemError } from './problem-error.ts';
import { authorizationOf, serverBase } from './server-access.ts';
import { SourceFailure } from './sets-body.ts';

export interface ClientOptions {
  /** Such as `http://127.0.0.1:7077`. */
  readonly url: string;
  readonly token?: string | null;
  /** Another fetch than the global one: for tests, or for other time limits. */
  readonly fetch?: typeof fetch;
}

export type Body = NonNullable<RequestInit['body']>;

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Beginning with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly signal?: AbortSignal | undefined;
}

export class Transport {
  readonly #base: string;
  readonly #authorization: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  constructor({ url, token, fetch: other }: ClientOptions) {
    this.#base = serverBase(url);
    this.#authorization = token === undefined || token === null ? {} : authorizationOf(token);
    this.#fetch = other ?? fetch;
  }

  /** An answer of the 200 class; anything else throws. */
  async send(call: Call): Promise<Response> {
    const response = await this.#request(call);
    if (response.ok) return response;
    throw await this.#failure(call, response);
  }

  async json<T>(call: Call, schema: z.ZodType<T, unknown>): Promise<T> {
    const text = await this.text(call);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new AppError('protocol', `${this.#base} answered ${call.method} ${call.path} with something else than it promises`, { cause: parsed.error, hint: 'Do server and client have the same version?' });
  }

  async text(call: Call): Promise<string> {
    return this.#text(call, await this.send(call));
  }

  async bytes(call: Call, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body(call, await this.send(call), maxBytes);
  }

  async #text(call: Call, response: Response): Promise<string> {
    return new TextDecoder().decode(await this.#body(call, response, MAX_JSON_BYTES));
  }

  #body(call: Call, response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#translated(call, () => wholeBody(response, { what: `${call.method} ${call.path}`, maxBytes }));
  }

  /** Runs what reads an answer: a connection that breaks meanwhile is `unavailable` too. */
  async #translated<T>({ method, path, signal }: Call, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      throw this.connectionError(thrown, `${method} ${path}`, signal);
    }
  }

  /** What a broken connection means. */
  connectionError(thrown: unknown, what: string, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (thrown instanceof AppError) return thrown;
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    // What is to be sent failed, and fetch calls that a connection that broke.
    if (cause instanceof SourceFailure) return cause.cause;
    const refused = systemCode(cause) === 'ECONNREFUSED';
    const message = refused ? `no server at ${this.#base}` : `${what} at ${this.#base} broke off: ${cause === undefined ? errorMessage(thrown) : errorMessage(cause)}`;
    return new AppError('unavailable', message, { cause: thrown, retryable: true, ...(refused ? { hint: 'Start one with `pappus serve`.' } : {}) });
  }

  #request(call: Call): Promise<Response> {
    const { method, path, query = {}, headers = {}, body, signal } = call;
    const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
    const url = `${this.#base}${path}${search.size === 0 ? '' : `?${search.toString()}`}`;
    const init: RequestInit = { method, headers: { ...this.#authorization, ...headers }, redirect: 'error' };
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) {
      init.body = body;
      // A stream is sent while the answer may come already.
      if (body instanceof ReadableStream) Object.assign(init, { duplex: 'half' });
    }
    return this.#translated(call, () => this.#fetch(url, init));
  }

  async #failure(call: Call, response: Response): Promise<AppError> {
    const text = await this.#text(call, response);
    const problem = parseProblem(text);
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    if (problem !== null) return new ProblemError(problem, Number.isFinite(seconds) ? seconds * 1000 : null);
    return new AppError('protocol', `${this.#base} answered ${call.method} ${call.path} with status ${response.status} and no explanation`, { hint: 'Is it a Pappus server?' });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
