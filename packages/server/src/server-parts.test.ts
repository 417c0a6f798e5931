/** What the server builds from its configuration does its work in the server too: kept results, the split of cores, traces to a collector. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { leanProgramCode } from '@pappus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from './testing/server-under-test.ts';

const SLOW_MS = 100;

let server: ServerUnderTest;
/** A slow web server, and a collector of traces. */
let other: Server;
const collected: string[] = [];

beforeAll(async () => {
  other = createServer((request, response) => {
    if (request.url === '/v1/traces') void collect(request).then(() => response.end('{}'));
    else setTimeout(() => response.end('slow'), SLOW_MS);
  });
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  server = await startUnderTest({ config: { otlp: { endpoint: origin() }, io: { slots: 1, http: { allow: [`${origin()}/*`] } } } });
});
afterAll(async () => {
  await server.stop();
  other.closeAllConnections();
  await new Promise((resolve) => void other.close(resolve));
});

const origin = (): string => `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
const collect = async (request: IncomingMessage): Promise<void> => void collected.push(await textOf(request));

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

it('a function that may be memoised runs once for one input', async () => {
  await server.client.deployFunction('kept', { inputs: ['in'], outputs: ['out'], memoize: true }, await leanProgramCode('copy'));
  for (const input of ['once', 'once', 'other']) expect(text(await server.client.invokeRaw('kept', input))).toBe(input);
  const metrics = await server.client.metrics();
  expect(metrics).toMatch(/^pappus_result_cache_hits_total 1$/m);
  expect(metrics).toMatch(/^pappus_result_cache_misses_total 2$/m);
});

it('requests that wait for a slot of I/O get one more of the cores', async () => {
  expect(await server.client.metrics()).toMatch(/^pappus_core_split_io 1$/m);
  await server.client.deployComposition('fetched', 'function HTTP(requests) => (responses); composition fetched(urls) => (pages) { HTTP(requests = each urls) => (pages = responses); }');
  const urls = Array.from({ length: 40 }, (_, index) => ({ name: `url-${index}`, data: `GET ${origin()}/${index} HTTP/1.1\n\n` }));
  const invocation = server.client.invoke('fetched', { urls }).then((begun) => begun.outputs());
  await until(async () => /^pappus_core_split_io 2$/m.test(await server.client.metrics()));
  expect((await invocation).get('pages')).toHaveLength(urls.length);
});

it('traces reach the collector', async () => {
  await server.deploy('copy');
  const invocation = await server.client.invoke('copy', { in: [{ name: 'a', data: 'x' }] }, { traced: true });
  await invocation.outputs();
  await until(async () => collected.some((body) => body.includes(invocation.id)));
});
