/** A gigabyte that passes through: how much of them is in memory, and clients that do not keep up or do not read. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { StreamingClient } from '../testing/streaming-client.ts';

const ITEM_BYTES = 1_048_576;
const ITEMS = 1_024;
/** Client and server are in one process: what is under way on both sides, and garbage that is not collected yet. Half of what passes. */
const BOUNDED_BYTES = 500 * 1_048_576;

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest();
  await server.deploy('copy');
  await server.client.deployComposition('chain', `
function copy(in) => (out);
composition chain(a) => (b) {
    copy(in = each a) => (first = out);
    copy(in = each first) => (second = out);
    copy(in = each second) => (b = out);
}`);
}, 120_000);
afterAll(() => server.stop());

const rssBytes = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
const data = new Uint8Array(ITEM_BYTES).fill(7);
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

async function sendAll(sender: StreamingClient): Promise<void> {
  for (let index = 0; index < ITEMS; index++) await sender.item('a', `i${index}`, data);
  sender.end();
}

/** Bytes of the answer, and the most memory that this process had more than before. */
async function readAll(sender: StreamingClient, pauseMs: number): Promise<{ readonly bytes: number; readonly most: number }> {
  const before = rssBytes();
  let [bytes, most, sincePause] = [0, 0, 0];
  for await (const chunk of (await sender.response) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    sincePause += chunk.length;
    if (sincePause < ITEM_BYTES) continue;
    sincePause = 0;
    most = Math.max(most, rssBytes() - before);
    if (pauseMs > 0) await pause(pauseMs);
  }
  return { bytes, most };
}

describe('a GiB in items of one MiB through three functions', () => {
  it.each([['as fast as it can', 0], ['slowly', 20]])('are never in memory at once, for a client that reads %s', async (_, pauseMs) => {
    const sender = new StreamingClient(`${server.url}/v1/invoke/chain`);
    const sent = sendAll(sender);
    const { bytes, most } = await readAll(sender, pauseMs);
    await sent;
    expect(bytes).toBeGreaterThan(ITEMS * ITEM_BYTES);
    expect(most).toBeLessThan(BOUNDED_BYTES);
  }, 300_000);

  it('reach a client as well that sends all of them before it reads', async () => {
    const sender = new StreamingClient(`${server.url}/v1/invoke/chain`);
    await sendAll(sender);
    const { bytes } = await readAll(sender, 0);
    expect(bytes).toBeGreaterThan(ITEMS * ITEM_BYTES);
  }, 300_000);

  it('leave nothing behind where the client leaves in the middle', async () => {
    const sender = new StreamingClient(`${server.url}/v1/invoke/chain`);
    for (let index = 0; index < 100; index++) await Promise.race([sender.item('a', `i${index}`, data), pause(1_000)]);
    sender.leave();
    for (let tries = 0; !/^pappus_body_bytes 0$/m.test(await server.client.metrics()); tries++) {
      expect(tries).toBeLessThan(300);
      await pause(100);
    }
  }, 300_000);
});
