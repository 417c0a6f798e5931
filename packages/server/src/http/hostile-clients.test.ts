/** Clients that send garbage, too much, too slowly, or go away. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawAnswer, rawConnection, statusOf } from '../testing/raw-client.ts';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;

beforeAll(async () => {
  const http = { maxBodyBytes: 1_000_000, bodyMemoryBytes: 1_500_000, headersTimeoutMs: 500, requestTimeoutMs: 1_500, bodyStallMs: 800, keepAliveMs: 2_000 };
  server = await startUnderTest({ config: { http } });
  await server.deploy('copy');
  await server.deploy('loop');
});
afterAll(() => server.stop());

const HEAD = 'POST /v1/invoke/copy HTTP/1.1\r\nHost: localhost\r\n';
const works = async (): Promise<void> => expect(text(await server.client.invokeRaw('copy', 'still here'))).toBe('still here');

async function gauge(name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await server.client.metrics())?.[1] ?? Number.NaN);
}

describe('garbage', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a bad version', 'GET / HTTP/9.9\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    ['a length and chunks', `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`, 400],
    ['a bad chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['headers without end', `${HEAD}X: ${'y'.repeat(40_000)}`, 431],
    ['a NUL in a header', `${HEAD}X: a\0b\r\n\r\n`, 400],
  ])('%s is answered and the connection ends', async (_, bytes, status) => {
    expect(statusOf(await rawAnswer(server.url, bytes))).toBe(status);
    await works();
  });

  it('of any kind harms nobody', async () => {
    const token = fc.constantFrom('POST ', 'GET ', '/v1/invoke/copy', '/v1/functions', ' HTTP/1.1', '\r\n', 'Host: localhost\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Type: multipart/form-data; boundary=b\r\n', '--b', '5\r\nhello\r\n', '0\r\n\r\n', 'Connection: close\r\n', '\0', '%', '?', '\xff');
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 25 }), async (tokens) => {
        const { socket, ended } = await rawConnection(server.url);
        socket.end(Buffer.from(tokens.join(''), 'latin1'));
        await ended;
      }),
      { numRuns: 60 },
    );
    await works();
  }, 60_000);
});

describe('too much', () => {
  it('of a body is refused before it is sent, and while it is sent', async () => {
    const announced = await rawConnection(server.url);
    announced.socket.write(`${HEAD}Content-Length: 1000001\r\n\r\n`);
    expect(statusOf(await announced.until('}'))).toBe(413);
    announced.socket.destroy();
    const expecting = await rawConnection(server.url);
    expecting.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 1000001\r\n\r\n`);
    expect(await expecting.until('}')).not.toContain('100 Continue');
    expecting.socket.destroy();
    const pieces = ReadableStream.from(Array.from({ length: 40 }, () => Buffer.alloc(32_768)));
    const response = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: pieces, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(413);
    await response.text();
    expect(await gauge('pappus_body_bytes')).toBe(0);
  });

  it('at once is told to come back', async () => {
    const first = await rawConnection(server.url);
    first.socket.write(`${HEAD}Content-Length: 900001\r\n\r\n${'x'.repeat(900_000)}`);
    while ((await gauge('pappus_body_bytes')) < 900_000);
    const second = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: new Uint8Array(700_000) });
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1']);
    first.socket.destroy();
    while ((await gauge('pappus_body_bytes')) > 0);
    await works();
  });

  it('is held by nobody who only says that it will come', async () => {
    const silent = await Promise.all(Array.from({ length: 8 }, () => rawConnection(server.url)));
    for (const { socket } of silent) socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
    expect(await gauge('pappus_body_bytes')).toBe(0);
    const other = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: new Uint8Array(700_000) });
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, 700_000]);
    for (const { socket, until } of silent) {
      expect(statusOf(await until('}'))).toBe(408);
      socket.destroy();
    }
  });

  it('waits for a word of ours where the client asks for one', async () => {
    const { socket, until } = await rawConnection(server.url);
    socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`);
    await until('100 Continue');
    socket.write('hello');
    expect(await until('hello')).toContain('HTTP/1.1 200 OK');
    socket.destroy();
  });
});

describe('slow clients', () => {
  it('are cut off that do not finish their headers, or their body', async () => {
    const headers = await rawConnection(server.url);
    headers.socket.write('POST /v1/inv');
    expect(statusOf(await headers.ended)).toBe(408);
    const silent = await rawConnection(server.url);
    expect(await silent.ended).toBe(''); // it has asked nothing
    const body = await rawConnection(server.url);
    body.socket.write(`${HEAD}Content-Length: 10\r\n\r\nhel`);
    await body.ended;
    expect(await gauge('pappus_body_bytes')).toBe(0);
    await works();
  }, 15_000);

  it('do not hold an invocation beyond its deadline with a body that does not come', async () => {
    const before = performance.now();
    const late = await rawConnection(server.url);
    late.socket.write(`${HEAD.replace('copy', 'copy?timeout=200ms')}Content-Length: 10\r\n\r\nhel`);
    expect(statusOf(await late.until('}'))).toBe(504);
    expect(performance.now() - before).toBeLessThan(1_400);
    expect(await gauge('pappus_body_bytes')).toBe(0);
    late.socket.destroy();
  });

  it('get their answer where they send byte by byte', async () => {
    const { socket, until } = await rawConnection(server.url);
    for (const byte of `${HEAD}Content-Length: 5\r\n\r\nhello`) socket.write(byte);
    await until('hello');
    socket.destroy();
  });
});

describe('a client that leaves', () => {
  it('in the middle of its body or of its invocation leaves nothing behind', async () => {
    const sending = await rawConnection(server.url);
    sending.socket.write(`${HEAD}Content-Length: 10\r\n\r\nhel`);
    while ((await gauge('pappus_body_bytes')) === 0);
    sending.socket.destroy();
    const waiting = await rawConnection(server.url);
    waiting.socket.write('POST /v1/invoke/loop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx');
    while ((await gauge('pappus_invocations_running')) === 0);
    waiting.socket.destroy();
    while ((await gauge('pappus_invocations_running')) > 0 || (await gauge('pappus_body_bytes')) > 0);
    await works();
  });

  // The end of what a client sends is all that is seen of one that was killed: it can't be told from one that only listens on.
  it('only with the half of its connection that sends has left as well', async () => {
    const { socket, ended } = await rawConnection(server.url, { allowHalfOpen: true });
    socket.end('POST /v1/invoke/loop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx');
    socket.once('end', () => socket.destroy());
    await ended;
    while ((await gauge('pappus_invocations_running')) > 0);
  });
});

describe('half-closed connections', () => {
  it.each([
    ['before a request', ''],
    ['inside its head', 'POST /v1/inv'],
    ['inside its body', `${HEAD}Content-Length: 10\r\n\r\nhel`],
    ['between requests', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('%s are closed, however many', async (_, bytes) => {
    const before = await gauge('pappus_http_connections');
    const all = await Promise.all(Array.from({ length: 100 }, () => rawConnection(server.url, { allowHalfOpen: true })));
    for (const { socket } of all) {
      socket.once('end', () => socket.destroy());
      socket.end(bytes);
    }
    await Promise.all(all.map(({ ended }) => ended));
    while ((await gauge('pappus_http_connections')) > before + 1 || (await gauge('pappus_body_bytes')) > 0);
    await works();
  });
});

describe('one connection', () => {
  it('may carry requests one behind the other', async () => {
    const request = (body: string): string => `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
    const { socket, until } = await rawConnection(server.url);
    socket.write(request('first') + request('second') + request('third'));
    const received = await until('third');
    expect(received.indexOf('first')).toBeLessThan(received.indexOf('second'));
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    socket.destroy();
  });
});

it('a server that stops does not wait for bodies that do not come', async () => {
  const stopping = await startUnderTest();
  await stopping.deploy('copy');
  const [invocation, deployment] = [await rawConnection(stopping.url), await rawConnection(stopping.url)];
  invocation.socket.write(`${HEAD}Content-Length: 10\r\n\r\nhel`);
  deployment.socket.write('PUT /v1/functions/other HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\nhel');
  while (!/^pappus_body_bytes (?:[6-9]|\d\d)/m.test(await stopping.client.metrics()));
  const stopped = stopping.stop();
  expect([statusOf(await invocation.until('}')), statusOf(await deployment.until('}'))]).toEqual([503, 503]);
  await stopped;
});
