/** `pappus logs` of a function that writes all the time: each answer holds what came since the last one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_LOG_ENTRIES, type LogEntry } from '@pappus/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pappus } from '../testing/captured-cli.ts';

const entry = (sequence: number): LogEntry => ({ sequence, at: '2026-05-01T10:00:00.000Z', invocation: 'i-1', stream: 'stdout', text: `line ${sequence}\n`, droppedBytes: 0 });

let server: Server;
let url = '';
/** Entries of the answers to come; then one more with each. */
let counts: number[] = [];
let requests = 0;
beforeAll(async () => {
  server = createServer(({ url: path = '' }, response) => {
    requests += 1;
    const after = Number(new URL(path, 'http://localhost').searchParams.get('after'));
    const entries = Array.from({ length: counts.shift() ?? 1 }, (_, index) => entry(after + index + 1));
    // Whoever still asks then would ask for ever.
    response.writeHead(requests > 100 ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ entries, next: after + entries.length, lost: 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

it.each([
  ['one page', [3], 3, 1],
  ['several pages', [DEFAULT_LOG_ENTRIES, DEFAULT_LOG_ENTRIES, 7], 2 * DEFAULT_LOG_ENTRIES + 7, 3],
  ['full pages alone', [DEFAULT_LOG_ENTRIES, 0], DEFAULT_LOG_ENTRIES, 2],
])('without --follow it ends after what was there: %s', async (_name, answers, lines, asked) => {
  counts = [...answers];
  requests = 0;
  const { status, out } = await pappus('logs', 'f', '--server', url);
  expect({ status, lines: out.split('\n').length - 1, requests }).toEqual({ status: 0, lines, requests: asked });
  expect(out).toContain(`stdout line ${lines}\n`);
});
