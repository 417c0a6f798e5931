/** One request item to its end: attempts, waits and redirects, within one deadline. */
import { AppError, sleep } from '@pappus/core';
import type { Destinations, Trust } from './destinations.ts';
import type { HttpClient } from './http-client.ts';
import type { ExchangeResult } from './http-exchange.ts';
import { httpFailure, httpFailureOf } from './http-failure.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Asker } from './lane-turns.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import { finalUrlHeader, redirectOf } from './redirect.ts';
import { retryDelayMs } from './retry.ts';

export interface Conversation {
  readonly request: OutgoingRequest;
  readonly trust: Trust;
}

export class HttpConversations {
  readonly #client: HttpClient;
  readonly #destinations: Destinations;
  readonly #settings: HttpSettings;

  constructor(client: HttpClient, destinations: Destinations, settings: HttpSettings) {
    this.#client = client;
    this.#destinations = destinations;
    this.#settings = settings;
  }

  /** Rejects with the caller's reason, or with `resource-exhausted`; everything else is a result. */
  async hold(first: Conversation, lane: string, signal: AbortSignal): Promise<ExchangeResult> {
    signal.throwIfAborted();
    const { clock, totalTimeoutMs } = this.#settings;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const { host } = first.request.url;
    let late = false;
    const timer = clock.schedule(totalTimeoutMs, () => {
      late = !signal.aborted;
      controller.abort(new AppError('deadline-exceeded', `${host}: no complete response within ${totalTimeoutMs} ms`));
    });
    try {
      return await this.#follow(first, { lane, signal: controller.signal }, clock.nowMs() + totalTimeoutMs);
    } catch (thrown) {
      if (late) return httpFailureOf(controller.signal.reason, true, host);
      throw thrown;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #follow(first: Conversation, asker: Asker, deadlineMs: number): Promise<ExchangeResult> {
    const { redirects } = this.#settings;
    let { request, trust } = first;
    for (let followed = 0; ; followed++) {
      const result = await this.#attempts(request, trust, followed > 0, asker, deadlineMs);
      if (result.kind === 'failed') {
        return followed > 0 && result.code === 'destination-refused' ? httpFailure('redirect-refused', `redirected: ${result.message}`) : result;
      }
      const next = redirects === 0 ? null : redirectOf(request, result.status, result.headers);
      if (next === null || next.kind === 'none') return result;
      const { host } = request.url;
      if (next.kind === 'wrong') return httpFailure('bad-response', `${host} ${next.problem}`);
      if (followed === redirects) return httpFailure('too-many-redirects', `${host}: gave up after ${redirects} redirects`);
      const verdict = this.#destinations.check(next.request.url);
      if (verdict.kind === 'refused') return httpFailure('redirect-refused', `${host} redirects, but ${verdict.message}`);
      ({ request } = next);
      ({ trust } = verdict);
    }
  }

  async #attempts(request: OutgoingRequest, trust: Trust, redirected: boolean, asker: Asker, deadlineMs: number): Promise<ExchangeResult> {
    const { clock, random, attempts } = this.#settings;
    const extraHeader = redirected ? finalUrlHeader(request.url) : null;
    for (let attempt = 1; ; attempt++) {
      const result = await this.#client.send(request, trust, extraHeader, asker);
      if (attempt === attempts) return result;
      const delayMs = retryDelayMs(result, request.method, attempt, clock, random);
      if (delayMs === null || clock.nowMs() + delayMs >= deadlineMs) return result;
      await sleep(clock, delayMs, asker.signal);
    }
  }
}
