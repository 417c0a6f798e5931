/** What an HTTP function may be built with, and what stands for what is left out. */
import { assert, systemClock, systemRandom, type Clock, type Random } from '@pappus/core';
import {
  DEFAULT_ATTEMPTS,
  DEFAULT_BODY_TIMEOUT_MS,
  DEFAULT_BUFFERED_BYTES,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_REDIRECTS,
  DEFAULT_REQUESTS_AT_ONCE,
  DEFAULT_REQUESTS_PER_DESTINATION,
  DEFAULT_RESPONSE_BYTES,
  DEFAULT_TOTAL_TIMEOUT_MS,
} from '../limits.ts';
import type { DestinationOptions } from './destinations.ts';
import { machineClassifier, type Classifier } from './machine-addresses.ts';
import { SystemResolver, type Resolver } from './resolver.ts';

export interface HttpFunctionOptions {
  readonly destinations: DestinationOptions;
  readonly connectTimeoutMs?: number;
  /** From the end of the request to the end of the response's headers. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of the response's body. */
  readonly bodyTimeoutMs?: number;
  /** One item with all its attempts, redirects and waits. */
  readonly totalTimeoutMs?: number;
  /** Most bytes of one response's body. */
  readonly responseBytes?: number;
  /** Most bytes of all responses that are being received, or wait for the other ones of their run. */
  readonly bufferedBytes?: number;
  readonly requestsAtOnce?: number;
  readonly requestsPerDestination?: number;
  /** Most redirects that are followed; with 0 the redirect itself is the response. */
  readonly redirects?: number;
  /** Most attempts of one request, the first one included. */
  readonly attempts?: number;
  /** PEM certificates that are trusted instead of Node's own. */
  readonly certificateAuthorities?: readonly string[] | null;
  readonly resolver?: Resolver;
  /** What kind of place an address is; as this machine sees it if not given. */
  readonly classify?: Classifier;
  readonly clock?: Clock;
  readonly random?: Random;
}

export type HttpSettings = Required<HttpFunctionOptions>;

const WHOLE_NUMBERS = ['connectTimeoutMs', 'headersTimeoutMs', 'bodyTimeoutMs', 'totalTimeoutMs', 'responseBytes', 'bufferedBytes', 'requestsAtOnce', 'requestsPerDestination', 'attempts'] as const;

export function httpSettings(options: HttpFunctionOptions): HttpSettings {
  const settings: HttpSettings = {
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    headersTimeoutMs: DEFAULT_HEADERS_TIMEOUT_MS,
    bodyTimeoutMs: DEFAULT_BODY_TIMEOUT_MS,
    totalTimeoutMs: DEFAULT_TOTAL_TIMEOUT_MS,
    responseBytes: DEFAULT_RESPONSE_BYTES,
    bufferedBytes: DEFAULT_BUFFERED_BYTES,
    requestsAtOnce: DEFAULT_REQUESTS_AT_ONCE,
    requestsPerDestination: DEFAULT_REQUESTS_PER_DESTINATION,
    redirects: DEFAULT_REDIRECTS,
    attempts: DEFAULT_ATTEMPTS,
    certificateAuthorities: null,
    resolver: options.resolver ?? new SystemResolver(),
    classify: options.classify ?? machineClassifier(options.clock ?? systemClock),
    clock: systemClock,
    random: systemRandom,
    ...options,
  };
  for (const name of WHOLE_NUMBERS) assert(Number.isSafeInteger(settings[name]) && settings[name] > 0, `${name} of the HTTP function is ${settings[name]}`);
  assert(Number.isSafeInteger(settings.redirects) && settings.redirects >= 0, `redirects of the HTTP function is ${settings.redirects}`);
  return settings;
}
