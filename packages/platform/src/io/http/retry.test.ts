import { randomFraction, seededRandom, systemClock } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import { ask, bodyText, errorCode, httpServer, rawServer, testHttp } from '../testing/http-servers.ts';
import type { ExchangeResult } from './http-exchange.ts';
import { httpFailure } from './http-failure.ts';
import { retryDelayMs } from './retry.ts';

const WALL_MS = Date.UTC(2026, 0, 1);
const clock = { ...systemClock, wallMs: () => WALL_MS };
const status = (code: number, retryAfter?: string): ExchangeResult => ({ kind: 'response', status: code, headers: retryAfter === undefined ? [] : [{ name: 'Retry-After', value: retryAfter }], item: new Uint8Array() });

const again = (result: ExchangeResult, method: string): boolean => retryDelayMs(result, method, 1, clock, seededRandom(1)) !== null;

describe('is sent again', () => {
  test.each<readonly [string, boolean, ExchangeResult, string]>([
    ['GET 503', true, status(503), 'GET'],
    ['PUT 502', true, status(502), 'PUT'],
    ['DELETE 504', true, status(504), 'DELETE'],
    ['POST 503', false, status(503), 'POST'],
    ['PATCH 503', false, status(503), 'PATCH'],
    ['GET 500', false, status(500), 'GET'],
    ['GET 200', false, status(200), 'GET'],
    ['GET lost', true, httpFailure('connection-lost', '', 'perhaps'), 'GET'],
    ['POST lost', false, httpFailure('connection-lost', '', 'perhaps'), 'POST'],
    ['POST that was never sent', true, httpFailure('connect-failed', '', 'unsent'), 'POST'],
    ['GET that would fail again', false, httpFailure('tls-failed', '', 'never'), 'GET'],
    ['GET 503 with a wait that is too long', false, status(503, '3600'), 'GET'],
    ['GET 503 with nonsense', false, status(503, 'soon'), 'GET'],
  ])('%s: %s', (_, expected, result, method) => expect(again(result, method)).toBe(expected));
});

test('waits double, with jitter, and are bounded', () => {
  for (let attempt = 1; attempt < 12; attempt++) {
    const bound = Math.min(5_000, 100 * 2 ** (attempt - 1));
    expect(retryDelayMs(status(503), 'GET', attempt, clock, seededRandom(attempt))).toBe(bound * randomFraction(seededRandom(attempt)));
  }
});

test('Retry-After is a least wait, in seconds or as a date', () => {
  expect(retryDelayMs(status(503, '2'), 'GET', 1, clock, seededRandom(1))).toBe(2_000);
  expect(retryDelayMs(status(503, new Date(WALL_MS + 3_000).toUTCString()), 'GET', 1, clock, seededRandom(1))).toBe(3_000);
  expect(retryDelayMs(status(503, new Date(WALL_MS - 3_000).toUTCString()), 'GET', 1, clock, seededRandom(1))).toBeLessThan(100);
});

describe('against a server that fails at first', () => {
  test('GET succeeds', async () => {
    let asked = 0;
    const { port } = await httpServer((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end(`attempt ${asked}`));
    expect(bodyText(await ask(testHttp({ random: seededRandom(1) }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('attempt 3');
  });

  test('POST gets what the server said, after one attempt', async () => {
    let asked = 0;
    const { port } = await httpServer((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end(`attempt ${asked}`));
    expect(await ask(testHttp(), `POST http://127.0.0.1:${port}/ HTTP/1.1\n\nx`)).toMatchObject({ status: 503 });
    expect(asked).toBe(1);
  });

  test('attempts are bounded, and the last answer is the answer', async () => {
    let asked = 0;
    const { port } = await httpServer((_, response) => response.writeHead(503).end(`attempt ${++asked}`));
    expect(bodyText(await ask(testHttp({ random: seededRandom(1), attempts: 2 }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('attempt 2');
  });

  test('a connection that is lost once is no failure for PUT, and is one for POST', async () => {
    let asked = 0;
    const { port } = await rawServer((socket) => {
      if (++asked % 2 === 1) socket.destroy();
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
    const http = testHttp({ random: seededRandom(1) });
    expect(bodyText(await ask(http, `PUT http://127.0.0.1:${port}/ HTTP/1.1\n\nx`))).toBe('ok');
    expect(errorCode(await ask(http, `POST http://127.0.0.1:${port}/ HTTP/1.1\n\nx`))).toBe('connection-lost');
    expect(asked).toBe(3);
  });
});
