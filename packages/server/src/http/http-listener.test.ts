/** What a connection is told, and what it is not told while it is being answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, Cancellation, silentLogger, systemClock } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { LINGER_MS } from '../limits.ts';
import { rawConnection, statusOf, type RawConnection } from '../testing/raw-client.ts';
import { Arrival } from './arrival.ts';
import { readBody } from './body.ts';
import { BodyMemory } from './body-memory.ts';
import { HttpListener } from './http-listener.ts';
import { problem } from './problem-of.ts';
import { cutOff, sendProblem } from './send.ts';
import { StreamedBody } from './streamed-body.ts';

let listener: HttpListener | null = null;
afterEach(() => listener?.close(0));

const HTTP = { maxBodyBytes: 1_000_000, bodyMemoryBytes: 1_000_000, answerMemoryBytes: 1_000_000, maxConnections: 100, headersTimeoutMs: 500, requestTimeoutMs: 1_000, bodyStallMs: 10_000, keepAliveMs: 60_000 };
const limits = (): ConstructorParameters<typeof StreamedBody>[1] => ({ maxBytes: 1_000_000, memory: new BodyMemory(1_000_000), arrival: new Arrival() });

async function connected(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<RawConnection> {
  listener = await HttpListener.open({ config: { host: '127.0.0.1', port: 0, http: HTTP }, clock: systemClock, logger: silentLogger, handle });
  return rawConnection(listener.url);
}

const CHUNKED = 'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

describe('an answer that has begun', () => {
  it.each([
    ['takes longer than a request may', ''],
    ['is no HTTP any more', 'garbage\r\n'],
  ])('has nothing else in it where the body %s', async (_, rest) => {
    const { socket, until, ended } = await connected((request, response) => {
      void readBody(request, limits(), new Cancellation()).catch(() => {});
      response.writeHead(200);
      response.write('first item');
    });
    socket.write(CHUNKED);
    await until('first item');
    socket.write(rest);
    expect(await ended).toMatch(/first item\r\n$/);
  });

  it('has nothing else in it where garbage follows its request', async () => {
    const { socket, until, ended } = await connected((_, response) => {
      response.writeHead(200);
      response.write('first item');
    });
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('first item');
    socket.write('garbage\r\n\r\n');
    expect(await ended).toMatch(/first item\r\n$/);
  });

  it('and has ended is no reason to say nothing about what follows it', async () => {
    const { socket, until, ended } = await connected((_, response) => void response.end('all'));
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('all');
    socket.write('garbage\r\n\r\n');
    expect(await ended).toContain('HTTP/1.1 400');
  });
});

describe('a body that goes in as it comes', () => {
  it('may take longer than a request as long as bytes come', async () => {
    const { socket, until } = await connected((request, response) => {
      const body = new StreamedBody(request, limits());
      void body.bytes.take(12).then((bytes) => response.end(`got ${bytes.toString()}`));
    });
    socket.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n');
    for (const letter of 'hello, world') {
      await new Promise((resolve) => void setTimeout(resolve, 250));
      socket.write(letter);
    }
    expect(await until('got')).toContain('got hello, world');
    socket.destroy();
  });

  it('fails its invocation, which tells, where it is no HTTP any more', async () => {
    const { socket, until } = await connected((request, response) => {
      const body = new StreamedBody(request, limits());
      body.bytes.take(12).catch((thrown: unknown) => sendProblem(response, problem('corrupt-data', 400, (thrown as AppError).message), null, systemClock));
    });
    socket.write(`${CHUNKED}garbage\r\n`);
    const answer = await until('}');
    expect([statusOf(answer), answer.match(/HTTP\/1\.1 /g)?.length]).toEqual([400, 1]);
    socket.destroy();
  });
});

describe('an answer behind that to an earlier request', () => {
  const FIRST = 'GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const SECOND = 'POST /second HTTP/1.1\r\nHost: localhost\r\n';

  /** The answer to the first of two requests that come at once, when the second one was handled. */
  async function behind(second: (request: IncomingMessage, response: ServerResponse) => void, bytes: string): Promise<RawConnection & { readonly first: ServerResponse }> {
    let first: ServerResponse | null = null;
    let handled: () => void = () => {};
    const both = new Promise<void>((resolve) => (handled = resolve));
    const connection = await connected((request, response) => {
      if (first === null) return void (first = response);
      second(request, response);
      handled();
    });
    connection.socket.write(FIRST + bytes);
    await both;
    if (first === null) throw new Error('no request came');
    return { ...connection, first };
  }

  const reads = (request: IncomingMessage): void => void readBody(request, limits(), new Cancellation()).catch(() => {});

  it.each([
    ['is no HTTP any more', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\ngarbage\r\n'],
    ['does not come', 'Content-Length: 5\r\n\r\nhel'],
  ])('is not written before it, nor into it, where its body %s', async (_, rest) => {
    const silent = await behind(reads, SECOND + rest);
    expect(await silent.ended).toBe('');
    await listener?.close(0);
    const begun = await behind(reads, SECOND + rest.replace('garbage\r\n', ''));
    begun.first.writeHead(200, { 'Content-Length': 400 });
    begun.first.write('first item');
    await begun.until('first item');
    begun.socket.write('garbage\r\n');
    expect(await begun.ended).toMatch(/first item$/);
  });

  it('that refuses a body leaves the connection to it, and then has time to be read', async () => {
    const clock = new SimulatedClock();
    const refusal = problem('resource-exhausted', 429, 'come back');
    const { first, until, ended } = await behind((_, response) => sendProblem(response, refusal, 1, clock), `${SECOND}Content-Length: 5\r\n\r\nhel`);
    await clock.advance(2 * LINGER_MS);
    first.end('the first');
    expect(await until('come back')).toContain('the first');
    await clock.advance(LINGER_MS - 1);
    expect(first.req.socket.destroyed).toBe(false);
    await clock.advance(1);
    expect((await ended).match(/HTTP\/1\.1 /g)).toHaveLength(2);
  });

  it('that is cut off ends the connection when its turn has come', async () => {
    const { first, ended } = await behind((_, response) => {
      response.writeHead(200);
      response.write('a beginning');
      cutOff(response, new Error('too late'));
    }, `${SECOND}Content-Length: 0\r\n\r\n`);
    first.end('the first');
    expect(await ended).toMatch(/the first$/);
  });
});

describe('a listener that closes', () => {
  const GET = 'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const GRACE_MS = 60_000;

  /** A connection with a request that was handed on. */
  async function asked(bytes: string, answer: (response: ServerResponse, request: IncomingMessage) => void = () => {}): Promise<RawConnection & { readonly response: ServerResponse }> {
    let given: (response: ServerResponse) => void = () => {};
    const handed = new Promise<ServerResponse>((resolve) => (given = resolve));
    const connection = await connected((request, response) => {
      answer(response, request);
      given(response);
    });
    connection.socket.write(bytes);
    return { ...connection, response: await handed };
  }

  it.each([
    ['was not asked', '', () => {}],
    ['was answered', GET, (response: ServerResponse) => void response.end('all')],
  ])('ends a connection that %s', async (_, bytes, answer) => {
    const { until, ended } = bytes === '' ? await connected(() => {}) : await asked(bytes, answer);
    if (bytes !== '') await until('all');
    await listener?.close(GRACE_MS);
    await ended;
  });

  it('ends a connection with its answer, which says so', async () => {
    const { response, ended } = await asked(GET);
    const closed = listener?.close(GRACE_MS);
    response.end('all');
    expect(await ended).toMatch(/Connection: close[^]*all$/);
    await closed;
  });

  it('ends a connection with its answer where that had begun', async () => {
    const { response, until, ended } = await asked(GET, (begun) => void begun.write('begun, '));
    await until('begun');
    const closed = listener?.close(GRACE_MS);
    response.end('and whole');
    expect(await ended).toContain('and whole');
    await closed;
  });

  it('ends a connection with the last of its answers', async () => {
    let askLast: () => void = () => {};
    const last = new Promise<void>((resolve) => (askLast = resolve));
    const { response, socket, ended } = await asked(GET, (each) => {
      if (each.req.url !== '/last') return;
      each.end('the last');
      askLast();
    });
    response.writeHead(200);
    response.write('the ');
    const closed = listener?.close(GRACE_MS);
    socket.write(GET.replace('/x', '/last'));
    await last;
    response.end('first');
    expect(await ended).toMatch(/first[^]*the last$/);
    await closed;
  });

  it('sends all of an answer that its client reads slowly', async () => {
    const bytes = 24_000_000;
    const { response, socket, ended } = await asked(GET);
    socket.pause();
    response.writeHead(200, { 'Content-Length': bytes });
    response.end(Buffer.alloc(bytes, 'x'));
    const closed = listener?.close(GRACE_MS);
    socket.resume();
    expect((await ended).length).toBeGreaterThan(bytes);
    await closed;
  });

  it('takes a body to its end, and ends the connection with the answer', async () => {
    const { socket, ended } = await asked('POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel', (response, request) => {
      void readBody(request, limits(), new Cancellation()).then(({ pieces: [bytes] }) => response.end(`got ${Buffer.from(bytes ?? []).toString()}`));
    });
    const closed = listener?.close(GRACE_MS);
    socket.write('lo');
    expect(await ended).toContain('got hello');
    await closed;
  });
});

it('a connection whose requests are refused before their end stays as it was', async () => {
  const sockets = new Set<Socket>();
  const { socket, until } = await connected((request, response) => {
    sockets.add(request.socket);
    sendProblem(response, problem('resource-exhausted', 429, `request ${request.url}`), 1, systemClock);
  });
  const listeners: number[] = [];
  for (let index = 0; index < 15; index++) {
    socket.write(`POST /${index} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n`);
    await until(`request /${index}"`);
    for (const each of sockets) listeners.push(each.listenerCount('close'));
    socket.write('hello');
  }
  expect([sockets.size, new Set(listeners).size]).toEqual([1, 1]);
  socket.destroy();
});
