import { expect, it } from 'vitest';
import { parseServerConfig } from './server-config.ts';

it('a request has at least the time of its headers', () => {
  const http = { headersTimeoutMs: 5_000, requestTimeoutMs: 4_999 };
  expect(() => parseServerConfig({ folder: 'x', http })).toThrow(/http\.requestTimeoutMs.*at least headersTimeoutMs/);
  expect(parseServerConfig({ folder: 'x', http: { ...http, requestTimeoutMs: 5_000 } }).http.requestTimeoutMs).toBe(5_000);
  expect(() => parseServerConfig({ folder: 'x', http: { requestTimeoutMs: 100 } })).toThrow(/requestTimeoutMs/);
});
