/**
 * HTTP(requests) => (responses): each item of `requests` is an HTTP request, each item of `responses` the answer, under
 * the same name and key and in the same order.
 *
 * The client that it stands on is a hundred modules: they load while the rest of the server starts, and only where there
 * are destinations.
 */
import type { IoFunction } from '../io-function.ts';
import { Destinations } from './destinations.ts';
import { httpSettings, type HttpFunctionOptions } from './http-settings.ts';

export function httpFunction(options: HttpFunctionOptions): IoFunction {
  const settings = httpSettings(options);
  const destinations = new Destinations(settings.destinations, settings.classify);
  const runs = import('./http-runs.ts').then(({ HttpRuns }) => new HttpRuns(settings, destinations));
  runs.catch(() => {}); // the first run rejects with it
  return {
    name: 'HTTP',
    signature: { inputs: ['requests'], outputs: ['responses'] },
    run: async (inputs, context) => (await runs).run(inputs, context),
    stop: async () => (await runs).stop(),
  };
}
