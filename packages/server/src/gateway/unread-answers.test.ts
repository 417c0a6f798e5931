/** Answers that their clients do not read: they count as under way, in memory, and not beyond their deadline. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rawConnection, type RawConnection } from '../testing/raw-client.ts';
import { startUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

const BYTES = 24_000_000;

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest({ config: { http: { answerMemoryBytes: 40_000_000 } } });
  await server.deploy('copy');
});
afterAll(() => server.stop());

async function gauge(name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await server.client.metrics())?.[1] ?? Number.NaN);
}

/** A client that sends all, and reads nothing of its answer. */
async function unread(path: string): Promise<RawConnection> {
  const connection = await rawConnection(server.url);
  connection.socket.pause();
  connection.socket.write(`POST /v1/invoke/${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BYTES}\r\n\r\n`);
  await new Promise<void>((resolve) => void connection.socket.write(Buffer.alloc(BYTES), () => resolve()));
  return connection;
}

it('an invocation is under way until its answer is read, and its deadline holds as long', async () => {
  const { socket, ended } = await unread('copy?timeout=3s');
  while ((await gauge('pappus_answer_bytes')) === 0);
  expect([await gauge('pappus_invocations_running'), await gauge('pappus_answer_bytes')]).toEqual([1, BYTES]);
  while ((await gauge('pappus_invocations_running')) > 0);
  expect(await gauge('pappus_answer_bytes')).toBe(0);
  socket.resume();
  expect((await ended).length).toBeLessThan(BYTES);
});

it('all answers together have a bound: what goes beyond is told to come back', async () => {
  const { socket } = await unread('copy');
  while ((await gauge('pappus_answer_bytes')) === 0);
  const refused = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: new Uint8Array(BYTES) });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  await refused.text();
  const small = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: 'x' });
  expect([small.status, await small.text()]).toEqual([200, 'x']);
  socket.destroy();
  while ((await gauge('pappus_invocations_running')) > 0);
  expect(await gauge('pappus_answer_bytes')).toBe(0);
  const other = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: new Uint8Array(BYTES) });
  expect((await other.arrayBuffer()).byteLength).toBe(BYTES);
  expect(await gauge('pappus_answer_bytes')).toBe(0);
});
