/** Servers that do what no server should. Every answer is an item, and comes within the time limits. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { seededRandom } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, bodyText, errorCode, header, rawServer, testHttp } from '../testing/http-servers.ts';
import type { HttpFunctionOptions } from './http-settings.ts';

const QUICK: Partial<HttpFunctionOptions> = { attempts: 1, headersTimeoutMs: 150, bodyTimeoutMs: 150, totalTimeoutMs: 400, random: seededRandom(7) };

async function codeFrom(onRequest: (socket: Socket) => void, options: Partial<HttpFunctionOptions> = {}): Promise<string | null> {
  const { port } = await rawServer(onRequest);
  return errorCode(await ask(testHttp({ ...QUICK, ...options }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`));
}

/** Writes `text` again and again until the connection ends. */
function drip(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once('close', () => clearInterval(timer));
}

describe('a server that', () => {
  test.each<readonly [string, string, (socket: Socket) => void]>([
    ['never answers', 'timeout', () => {}],
    ['stops in its headers', 'timeout', (socket) => void socket.write('HTTP/1.1 200 OK\r\nX: ')],
    ['drips headers for ever', 'timeout', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip(socket, 'A: b\r\n', 20);
    }],
    ['stops in its body', 'timeout', (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')],
    ['drips a body for ever', 'timeout', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
      drip(socket, 'x', 20);
    }],
    ['sends 103 for ever', 'timeout', (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 20)],
    ['closes without a word', 'connection-lost', (socket) => void socket.end()],
    ['resets', 'connection-lost', (socket) => void socket.resetAndDestroy()],
    ['closes in its headers', 'connection-lost', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['closes in its body', 'connection-lost', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')],
    ['closes in a chunk', 'connection-lost', (socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab')],
    ['closes before the last chunk', 'connection-lost', (socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n')],
    ['speaks another protocol', 'bad-response', (socket) => void socket.end('220 mail.example ESMTP\r\n')],
    ['sends noise', 'bad-response', (socket) => void socket.end(Buffer.from([0, 255, 1, 254, 10, 13]))],
    ['sends a header with a line break in it', 'bad-response', (socket) => void socket.end('HTTP/1.1 200 OK\r\nA: b\nc\r\n\r\n')],
    ['sends two lengths', 'bad-response', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')],
    ['sends length and chunks', 'bad-response', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n')],
    ['sends a negative length', 'bad-response', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n')],
    ['sends huge headers', 'bad-response', (socket) => void socket.end(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(100_000)}\r\n\r\n`)],
    ['sends very many headers', 'bad-response', (socket) => void socket.end(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(5_000)}\r\n`)],
    ['sends more headers than that', 'bad-response', (socket) => void socket.end(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(40_000)}\r\n`)],
    ['changes the protocol', 'connection-lost', (socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')],
  ])('%s: %s', async (_, code, onRequest) => {
    expect(await codeFrom(onRequest)).toBe(code);
  });

  test.each([
    ['headers', 'HTTP/1.1 200 OK\r\nX: ', 'Headers Timeout'],
    ['a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'Body Timeout'],
  ])('stops in %s is waited for as long as that may take, and not as long as all may take', async (_, text, message) => {
    const { port } = await rawServer((socket) => void socket.write(text));
    const response = await ask(testHttp({ ...QUICK, totalTimeoutMs: 20_000 }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect(errorCode(response)).toBe('timeout');
    expect(bodyText(response)).toContain(message);
  });

  test('sends anything at all is answered with an item that can be read', async () => {
    const parts = fc.constantFrom('HTTP/1.1 ', 'HTTP/1.0 ', '200', '204', '103', '999', '1', ' OK', ' \xe9\t', '\r\n', '\n', '\r', '\r\n\r\n', ' ', ':', 'A: b', 'Pappus-Error: x', 'Content-Length: ', '3', '-', 'Transfer-Encoding: chunked', '3\r\nabc\r\n', '0\r\n\r\n', 'abc', '\0', 'Location: /', 'Connection: close');
    const wellBegun = fc.array(parts, { maxLength: 12 }).map((all) => `HTTP/1.1 200 OK\r\n${all.join('')}`);
    let sent = '';
    const { port } = await rawServer((socket) => void socket.end(sent, 'latin1'));
    const http = testHttp(QUICK);
    await fc.assert(
      fc.asyncProperty(fc.oneof(wellBegun, fc.array(parts, { maxLength: 12 }).map((all) => all.join(''))), async (text) => {
        sent = text;
        const response = await ask(http, `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
        if (response.status === 599) expect(['bad-response', 'connection-lost', 'too-many-redirects', 'timeout']).toContain(errorCode(response));
        else expect(header(response, 'pappus-error')).toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  test('sends two responses to one request does not answer the next one with the second', async () => {
    const { port } = await rawServer((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb'));
    const http = testHttp(QUICK);
    const bodies: string[] = [];
    for (let round = 0; round < 3; round++) bodies.push(bodyText(await ask(http, `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`)));
    expect(bodies).toEqual(['a', 'a', 'a']);
  });

  test('ends the body by closing is understood', async () => {
    const { port } = await rawServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect(bodyText(await ask(testHttp(QUICK), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('all of it');
  });

  test('does not listen: connect-failed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => void server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => void server.close(resolve));
    const response = await ask(testHttp(QUICK), `POST http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect(errorCode(response)).toBe('connect-failed');
    expect(bodyText(response)).toContain(`127.0.0.1:${port}: `);
  });

  test('has a name that does not exist: name-not-found', async () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' });
    const http = testHttp({ ...QUICK, resolver: { resolve: () => Promise.reject(error) } });
    expect(errorCode(await ask(http, 'GET http://nowhere.example/ HTTP/1.1\n\n'))).toBe('name-not-found');
  });

  test('has a name that is never resolved: timeout', async () => {
    const http = testHttp({ ...QUICK, connectTimeoutMs: 100, resolver: { resolve: () => new Promise(() => {}) } });
    expect(errorCode(await ask(http, 'GET http://slow.example/ HTTP/1.1\n\n'))).toBe('timeout');
  });
});

test('the whole takes no longer than its limit, attempts and waits included', async () => {
  const { port } = await rawServer((socket) => void socket.end());
  const start = performance.now();
  const response = await ask(testHttp({ ...QUICK, attempts: 100, totalTimeoutMs: 300 }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(['connection-lost', 'timeout']).toContain(errorCode(response));
});
