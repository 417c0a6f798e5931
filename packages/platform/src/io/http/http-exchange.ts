/** One request and its response on one connection: undici's events as one result, within the bounds of the response. */
import { defined } from '@pappus/core';
import type { Dispatcher } from 'undici';
import { MAX_HEADERS } from '../limits.ts';
import { httpFailure, httpFailureOf, overloaded, type HttpFailure } from './http-failure.ts';
import { responseHead } from './http-response.ts';
import { isFieldText, type Header } from './message-head.ts';
import { ResponseBuffer } from './response-buffer.ts';
import type { ByteBudget } from '../byte-budget.ts';

export interface ReceivedResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: readonly Header[];
  /** The whole response item. */
  readonly item: Uint8Array;
}

export type ExchangeResult = ReceivedResponse | HttpFailure;

export interface ExchangeOptions {
  /** The host, for messages. */
  readonly where: string;
  readonly method: string;
  readonly maxResponseBytes: number;
  readonly budget: ByteBudget;
  /** A header to add when the response is not of the URL that was asked, or null. */
  readonly extraHeader: Header | null;
  /** Called once, when undici has let go of the request, which may be after the result. */
  readonly onSettled: () => void;
}

/** Headers that belong to the connection, and not to what came over it. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'trailer', 'upgrade']);
const OWN_PREFIX = 'pappus-';
const FIRST_FINAL_STATUS = 200;
const NOT_MODIFIED = 304;

export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly result: Promise<ExchangeResult>;
  readonly #options: ExchangeOptions;
  readonly #buffer: ResponseBuffer;
  readonly #resolve: (result: ExchangeResult) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #ended: HttpFailure | null = null;
  #settled = false;
  #status = 0;
  #headers: readonly Header[] = [];
  #bodyBytes = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#buffer = new ResponseBuffer(options.budget);
    const { promise, resolve } = Promise.withResolvers<ExchangeResult>();
    this.result = promise;
    this.#resolve = resolve;
  }

  /** The result is this failure, at once; the connection is ended as soon as undici lets us. */
  giveUp(failure: HttpFailure): void {
    if (this.#ended !== null || this.#settled) return;
    this.#ended = failure;
    this.#buffer.release();
    this.#resolve(failure);
    this.#controller?.abort(new Error(failure.message));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== null) controller.abort(new Error(this.#ended.message));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: unknown, reason?: string): void {
    if (status < FIRST_FINAL_STATUS || this.#ended !== null) return;
    const headers = readHeaders(controller.rawHeaders);
    if (headers === null) return this.giveUp(httpFailure('bad-response', `${this.#options.where}: the response has more than ${MAX_HEADERS} headers`));
    this.#status = status;
    this.#headers = headers;
    const { extraHeader, maxResponseBytes, method } = this.#options;
    // to HEAD, and with 304, the length is that of a body which doesn't come
    const announced = method === 'HEAD' || status === NOT_MODIFIED ? 0 : announcedBytes(this.#headers);
    if (announced > maxResponseBytes) return this.#tooLarge(`announces ${announced} bytes`);
    const head = responseHead(status, plainReason(reason ?? ''), extraHeader === null ? this.#headers : [...this.#headers, extraHeader]);
    if (!this.#buffer.start(head, announced)) this.#overloaded();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended !== null) return;
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#options.maxResponseBytes) return this.#tooLarge('goes on');
    if (!this.#buffer.append(chunk)) this.#overloaded();
  }

  onResponseEnd(): void {
    this.#settle({ kind: 'response', status: this.#status, headers: this.#headers, item: this.#buffer.finish() });
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#settle(httpFailureOf(error, this.#controller !== null, this.#options.where));
  }

  #settle(result: ExchangeResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#buffer.release();
    this.#options.onSettled();
    if (this.#ended === null) this.#resolve(result);
  }

  #tooLarge(what: string): void {
    const { where, maxResponseBytes } = this.#options;
    this.giveUp(httpFailure('response-too-large', `${where}: the response ${what} beyond the limit of ${maxResponseBytes} bytes`));
  }

  #overloaded(): void {
    this.giveUp(overloaded(this.#options.where));
  }
}

function announcedBytes(headers: readonly Header[]): number {
  for (const { name, value } of headers) if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(value) || 0;
  return 0;
}

const LONGEST_REASON = 256;

const plainReason = (reason: string): string => (reason.length <= LONGEST_REASON && isFieldText(reason) ? reason : '');

/** As they came, without those of the connection and without any that looks like ours; null for too many. */
function readHeaders(raw: Dispatcher.DispatchController['rawHeaders']): readonly Header[] | null {
  if (!Array.isArray(raw)) return [];
  // one more may be added
  if (raw.length / 2 >= MAX_HEADERS) return null;
  const headers: Header[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = text(defined(raw[index], 'header name'));
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower.startsWith(OWN_PREFIX)) continue;
    headers.push({ name, value: text(defined(raw[index + 1], 'header value')) });
  }
  return headers;
}

const text = (raw: Buffer | string): string => (typeof raw === 'string' ? raw : raw.toString('latin1'));
