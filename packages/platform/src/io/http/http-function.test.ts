import type { ServerResponse } from 'node:http';
import { createGzip, gzipSync } from 'node:zlib';
import { seededRandom } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../sets/item.ts';
import { ask, bodyText, context, errorCode, failureOfRun, header, httpServer, item, outputItems, requests, responseOf, testHttp, tlsServer } from '../testing/http-servers.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/certificate.ts';
import { header as anyHeader } from '../testing/http-item-properties.ts';
import { printRequest } from './http-request.ts';

const BOMB_BYTES = 16 * 2 ** 20;

async function bodyOf(incoming: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a run', () => {
  test('answers each item under its name and key, in order, whatever the time they take', async () => {
    const { port } = await httpServer((request, response) => void setTimeout(() => response.end(request.url), request.url === '/0' ? 30 : 0));
    const items = Array.from({ length: 50 }, (_, index) => item(`GET http://127.0.0.1:${port}/${index} HTTP/1.1\n\n`, `n${index}`, index * 7));
    const answers = outputItems(await testHttp().run(requests(...items), context()));
    expect(answers.map(({ name, key }) => [name, key])).toEqual(items.map(({ name, key }) => [name, key]));
    expect(answers.map((answer) => bodyText(responseOf(answer)))).toEqual(items.map((_, index) => `/${index}`));
  });

  test('without items has none', async () => {
    expect(outputItems(await testHttp().run(requests(), context()))).toEqual([]);
  });

  test('keeps connections', async () => {
    const server = await httpServer((_, response) => response.end('x'));
    const http = testHttp();
    for (let round = 0; round < 20; round++) await ask(http, `GET http://127.0.0.1:${server.port}/ HTTP/1.1\n\n`);
    // undici counts a connection as free a moment after the response's end
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test('with one malformed request sends none', async () => {
    let asked = 0;
    const { port } = await httpServer((_, response) => response.end(String(asked++)));
    const outcome = await testHttp().run(requests(item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`), item('hello', 'second')), context());
    expect(failureOfRun(outcome)).toMatchObject({ code: 'invalid-argument', item: 'second', message: expect.stringContaining('the HTTP request begins with "hello"') as string });
    expect(asked).toBe(0);
  });

  test('with one destination that is not allowed sends none', async () => {
    let asked = 0;
    const { port } = await httpServer((_, response) => response.end(String(asked++)));
    const http = testHttp({ destinations: { allow: [`http://127.0.0.1:${port}/`] } });
    const outcome = await http.run(requests(item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`), item('GET http://a.example/ HTTP/1.1\n\n', 'second')), context());
    expect(failureOfRun(outcome)).toMatchObject({ code: 'permission-denied', item: 'second', message: 'the destination http://a.example is not allowed' });
    expect(asked).toBe(0);
  });

  test('has no more requests on the way than it may', async () => {
    let now = 0;
    let most = 0;
    const { port } = await httpServer((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end();
      }, 5);
    });
    const http = testHttp({ requestsPerDestination: 3 });
    await http.run(requests(...Array.from({ length: 20 }, () => item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))), context());
    expect(most).toBe(3);
  });

  test('leaves some of the requests to the other lanes, however many one of them has on the way', async () => {
    const held: ServerResponse[] = [];
    const slow = await Promise.all(Array.from({ length: 4 }, () => httpServer((_, response) => void held.push(response))));
    const quick = await httpServer((_, response) => response.end('quick'));
    const get = (port: number): Item => item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    const http = testHttp({ requestsAtOnce: 16, requestsPerDestination: 8 });
    const many = http.run(requests(...Array.from({ length: 32 }, (_, index) => get(slow[index % 4]?.port ?? 0))), context(undefined, 'many'));
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(12);
    const [answer] = outputItems(await http.run(requests(get(quick.port)), context(undefined, 'few')));
    expect(bodyText(responseOf(answer as Item))).toBe('quick');
    const answering = setInterval(() => held.splice(0).forEach((response) => response.end()), 5);
    expect(outputItems(await many)).toHaveLength(32);
    clearInterval(answering);
  });
});

describe('what is sent', () => {
  test('is what the item says: method, path, headers byte by byte, body', async () => {
    interface Seen {
      readonly method: string | undefined;
      readonly url: string | undefined;
      readonly headers: readonly string[];
      readonly body: Buffer;
    }
    let seen: Seen | null = null;
    const { port } = await httpServer((request, response) => {
      void bodyOf(request).then((body) => {
        seen = { method: request.method, url: request.url, headers: request.rawHeaders, body };
        response.end();
      });
    });
    const http = testHttp();
    const ours = new Set(['host', 'connection', 'content-length', 'user-agent']);
    // names that http-item.test.ts shows to be refused, or that Node's server joins or drops
    const odd = new Set([...ours, 'te', 'upgrade', 'trailer', 'expect', 'transfer-encoding', 'keep-alive', '__proto__']);
    const headers = fc.array(anyHeader.filter(({ name }) => !odd.has(name.toLowerCase())), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'), fc.webPath(), headers, fc.uint8Array({ maxLength: 50 }), async (method, path, sent, body) => {
        const url = new URL(`http://127.0.0.1:${port}${path.startsWith('/') ? path : `/${path}`}`);
        const data = printRequest({ method, url: url.href, headers: sent, body });
        const [answer] = outputItems(await http.run(requests({ name: 'r', key: 0, data }), context()));
        expect(responseOf(answer as never).status).toBe(200);
        expect(seen).toMatchObject({ method, url: url.pathname });
        expect(Buffer.from(body).equals((seen as unknown as Seen).body)).toBe(true);
        const received = pairs((seen as unknown as Seen).headers).filter(([name]) => !ours.has(name.toLowerCase()));
        expect(received).toEqual(sent.map(({ name, value }) => [name, value]));
      }),
      { numRuns: 40 },
    );
  });

  const pairs = (raw: readonly string[]): [string, string][] => raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []));
});

describe('a response', () => {
  test('has status, reason, headers as they came without those of the connection, and the bytes of the body', async () => {
    const body = gzipSync('compressed stays compressed');
    const { port } = await httpServer((_, response) => {
      response.writeHead(418, 'Short and stout', [['X-Case', 'kept'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['X-Bytes', '\xe9'], ['Content-Encoding', 'gzip'], ['Pappus-Error', 'forged'], ['Transfer-Encoding', 'chunked']].flat());
      response.end(body);
    });
    const response = await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect([response.status, response.reason]).toEqual([418, 'Short and stout']);
    expect(response.headers.map(({ name, value }) => `${name}=${value}`).filter((line) => !line.startsWith('Date'))).toEqual(['X-Case=kept', 'Set-Cookie=a=1', 'Set-Cookie=b=2', 'X-Bytes=\xe9', 'Content-Encoding=gzip']);
    expect(Buffer.from(response.body).equals(body)).toBe(true);
  });

  test('to HEAD keeps the length that it announces, however large', async () => {
    const { port } = await httpServer((_, response) => response.writeHead(200, { 'Content-Length': 10 ** 12 }).end());
    const response = await ask(testHttp(), `HEAD http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect([response.status, header(response, 'content-length'), response.body.length]).toEqual([200, String(10 ** 12), 0]);
  });

  test('of many megabytes arrives whole, announced or not', async () => {
    const large = Buffer.alloc(5_000_003, 'pappus');
    const { port } = await httpServer((request, response) => {
      if (request.url === '/chunked') for (let at = 0; at < large.length; at += 777_777) response.write(large.subarray(at, at + 777_777));
      response.end(request.url === '/chunked' ? undefined : large);
    });
    for (const path of ['chunked', 'announced']) {
      const response = await ask(testHttp(), `GET http://127.0.0.1:${port}/${path} HTTP/1.1\n\n`);
      expect(Buffer.from(response.body).equals(large)).toBe(true);
    }
  });

  test('that is too large is given up: announced, or when it gets there', async () => {
    const server = await httpServer((request, response) => {
      if (request.url === '/announced') response.writeHead(200, { 'Content-Length': 2_000 });
      const timer = setInterval(() => response.write('x'.repeat(100)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const http = testHttp({ responseBytes: 1_000 });
    for (const path of ['announced', 'endless']) {
      const response = await ask(http, `GET http://127.0.0.1:${server.port}/${path} HTTP/1.1\n\n`);
      expect(errorCode(response)).toBe('response-too-large');
      expect(bodyText(response)).toContain('1000 bytes');
    }
  });

  test('that is a bomb of compressed zeros stays as small as it was sent', async () => {
    const { port } = await httpServer((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.end(Buffer.alloc(BOMB_BYTES));
    });
    const response = await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect(response.status).toBe(200);
    expect(response.body.length).toBeLessThan(BOMB_BYTES / 500);
  });

  test('has no room when the others take it all', async () => {
    const { port } = await httpServer((_, response) => response.end('x'.repeat(300_000)));
    const answers = outputItems(await testHttp({ bufferedBytes: 200_000 }).run(requests(item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`)), context()));
    expect(answers.map((answer) => errorCode(responseOf(answer)))).toEqual(['overloaded']);
  });

  test('keeps its room until the whole run has ended, and no longer', async () => {
    const { port } = await httpServer((_, response) => response.end('x'.repeat(90_000)));
    const http = testHttp({ bufferedBytes: 200_000 });
    const ask = requests(...[0, 1, 2, 3].map((index) => ({ ...item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`), name: `r${index}` })));
    for (let run = 0; run < 3; run++) {
      const codes = outputItems(await http.run(ask, context())).map((answer) => errorCode(responseOf(answer)));
      expect(codes.filter((code) => code === 'overloaded').length).toBeGreaterThanOrEqual(2);
      expect(codes.filter((code) => code !== 'overloaded').length).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('TLS', () => {
  const resolver = { resolve: async () => [{ address: '127.0.0.1', family: 4 }] };

  test('is checked against the name of the URL, though the connection goes to a checked address', async () => {
    const { port } = await tlsServer(TEST_KEY, TEST_CERTIFICATE, (_, response) => response.end('secret'));
    const http = testHttp({ resolver, certificateAuthorities: [TEST_CERTIFICATE] });
    expect(bodyText(await ask(http, `GET https://good.test:${port}/ HTTP/1.1\n\n`))).toBe('secret');
    expect(errorCode(await ask(http, `GET https://other.test:${port}/ HTTP/1.1\n\n`))).toBe('tls-failed');
  });

  test('with an authority that is not trusted is refused', async () => {
    const { port } = await tlsServer(TEST_KEY, TEST_CERTIFICATE, (_, response) => response.end('secret'));
    expect(errorCode(await ask(testHttp({ resolver }), `GET https://good.test:${port}/ HTTP/1.1\n\n`))).toBe('tls-failed');
  });
});

describe('an end from outside', () => {
  const endless = (): Promise<{ readonly port: number }> => httpServer((_, response) => void response.write('x'));

  test('cancels at once, with the reason of the signal, and closes the connection', async () => {
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const { port } = await httpServer((request, response) => {
      response.write('x');
      request.socket.once('close', () => onClosed());
      onAsked();
    });
    const controller = new AbortController();
    const run = testHttp().run(requests(item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`), item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`)), context(controller.signal));
    await asked;
    controller.abort(new Error('the client left'));
    await expect(run).rejects.toThrow('the client left');
    await closed;
  });

  test('that came before the start sends nothing', async () => {
    const server = await endless();
    await expect(testHttp().run(requests(item(`GET http://127.0.0.1:${server.port}/ HTTP/1.1\n\n`)), context(AbortSignal.abort(new Error('too late'))))).rejects.toThrow('too late');
  });

  test('cancels those that wait for their turn', async () => {
    const { port } = await endless();
    const http = testHttp({ requestsAtOnce: 1 });
    const controller = new AbortController();
    const run = http.run(requests(...Array.from({ length: 5 }, () => item(`GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))), context(controller.signal));
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(run).rejects.toThrow('enough');
  });

  test('by stop ends what is under way', async () => {
    const { port } = await endless();
    const http = testHttp({ attempts: 1, random: seededRandom(1) });
    const run = ask(http, `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    setTimeout(() => void http.stop(), 30);
    expect(errorCode(await run)).toBe('connection-lost');
    await http.stop();
  });
});

test('environment variables for proxies are not read', async () => {
  const { port } = await httpServer((_, response) => response.end('direct'));
  const before = process.env['HTTP_PROXY'];
  process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:9/';
  try {
    expect(bodyText(await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('direct');
  } finally {
    delete process.env['http_proxy'];
    if (before === undefined) delete process.env['HTTP_PROXY'];
    else process.env['HTTP_PROXY'] = before;
  }
});
