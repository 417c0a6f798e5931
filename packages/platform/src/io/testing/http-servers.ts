/** Servers on loopback for the tests of the I/O functions: ones that behave, and ones that write what they like. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { silentLogger } from '@pappus/core';
import { onTestFinished } from 'vitest';
import type { Item, ItemSet } from '../../sets/item.ts';
import { parseResponse, type HttpResponse } from '../http/http-response.ts';
import type { HttpFunctionOptions } from '../http/http-settings.ts';
import { httpFunction } from '../http/http-function.ts';
import type { IoContext, IoFailure, IoFunction, IoOutcome } from '../io-function.ts';

export interface TestServer {
  readonly port: number;
  /** Connections that were ever made. */
  readonly connections: () => number;
}

async function listening(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => void server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

export const httpServer = (listener: RequestListener): Promise<TestServer> => listening(createServer(listener));

export const tlsServer = (key: string, cert: string, listener: RequestListener): Promise<TestServer> => listening(createTlsServer({ key, cert }, listener));

/** `onRequest` is called with each connection once the first bytes of a request have come. */
export const rawServer = (onRequest: (socket: Socket) => void): Promise<TestServer> => listening(createRawServer((socket) => void socket.once('data', () => onRequest(socket))));

/** An HTTP function that may ask anything, loopback included, and is stopped with the test. */
export function testHttp(options: Partial<HttpFunctionOptions> = {}): IoFunction {
  const http = httpFunction({ destinations: { allow: [], allowPrivate: ['*'] }, ...options });
  onTestFinished(() => http.stop());
  return http;
}

export const context = (signal: AbortSignal = new AbortController().signal, lane = 'test'): IoContext => ({ signal, invocation: 'test', lane, logger: silentLogger });

export const item = (text: string, name = 'r', key = 0): Item => ({ name, key, data: Buffer.from(text, 'latin1') });

export const requests = (...items: readonly Item[]): readonly ItemSet[] => [{ name: 'requests', items }];

export function outputItems(outcome: IoOutcome): readonly Item[] {
  if (outcome.kind === 'failed') throw new Error(`failed: ${outcome.failure.message}`);
  return outcome.outputs[0]?.items ?? [];
}

export function failureOfRun(outcome: IoOutcome): IoFailure {
  if (outcome.kind === 'done') throw new Error('the run did not fail');
  return outcome.failure;
}

export function responseOf(answer: Item): HttpResponse {
  const parsed = parseResponse(answer.data);
  if (parsed.kind === 'malformed') throw new Error(`no response: ${parsed.problem}`);
  return parsed.response;
}

/** One request, one response. */
export async function ask(http: IoFunction, text: string, signal?: AbortSignal): Promise<HttpResponse> {
  const [answer] = outputItems(await http.run(requests(item(text)), context(signal)));
  return responseOf(answer as Item);
}

export const header = (response: HttpResponse, name: string): string | null => response.headers.find((entry) => entry.name.toLowerCase() === name)?.value ?? null;

export const bodyText = (response: HttpResponse): string => Buffer.from(response.body).toString();

/** The code of a request that failed on its way, or null. */
export const errorCode = (response: HttpResponse): string | null => (response.status === 599 ? header(response, 'pappus-error') : null);
