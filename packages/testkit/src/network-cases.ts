/** What every implementation of a network has to do. The test file hands in how to make one and gives each case to its runner. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import type { TestConnection, TestNetwork } from './network-interface.ts';

export interface NetworkUnderTest {
  readonly server: TestNetwork;
  readonly client: TestNetwork;
  /** Where the server listens, and what the server has to see as the client's host. */
  readonly serverHost: string;
  readonly clientHost: string;
  /** Drives the network until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
}

export interface NetworkCase {
  readonly name: string;
  run(network: NetworkUnderTest): Promise<void>;
}

const never = new AbortController().signal;

interface Pair {
  readonly client: TestConnection;
  readonly server: TestConnection;
  close(): Promise<void>;
}

async function connectPair(network: NetworkUnderTest): Promise<Pair> {
  const { promise, resolve } = Promise.withResolvers<TestConnection>();
  const listener = await network.server.listen({ host: network.serverHost, port: 0 }, resolve);
  const client = await network.client.connect(listener.address, never);
  const server = await promise;
  const close = async (): Promise<void> => {
    client.stream.destroy();
    server.stream.destroy();
    await listener.close();
  };
  return { client, server, close };
}

async function withPair(network: NetworkUnderTest, body: (pair: Pair) => Promise<void>): Promise<void> {
  const pair = await connectPair(network);
  await body(pair).finally(() => pair.close());
}

async function carriesBytes(network: NetworkUnderTest): Promise<void> {
  await withPair(network, async ({ client, server }) => {
    const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
    server.stream.pipe(server.stream);
    client.stream.end(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of client.stream) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(sent));
  });
}

async function tellsAddresses(network: NetworkUnderTest): Promise<void> {
  await withPair(network, async ({ client, server }) => {
    assert.equal(server.remote.host, network.clientHost);
    assert.deepEqual(server.remote, client.local);
    assert.deepEqual(client.remote, server.local);
  });
}

async function refuses(network: NetworkUnderTest): Promise<void> {
  const listener = await network.server.listen({ host: network.serverHost, port: 0 }, () => {});
  await listener.close();
  await assert.rejects(network.client.connect(listener.address, never), { code: 'ECONNREFUSED' });
}

async function ends(network: NetworkUnderTest): Promise<void> {
  await withPair(network, async ({ client, server }) => {
    client.stream.end('last');
    const ended = once(server.stream, 'end');
    const chunks: string[] = [];
    server.stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await ended;
    assert.equal(chunks.join(''), 'last');
    assert.equal(server.stream.errored, null);
  });
}

async function breaks(network: NetworkUnderTest): Promise<void> {
  await withPair(network, async ({ client, server }) => {
    let ended = false;
    server.stream.on('end', () => {
      ended = true;
    });
    server.stream.resume();
    const failed = new Promise<unknown>((resolve) => void server.stream.once('error', resolve));
    client.reset();
    assert.equal(((await failed) as { readonly code?: string }).code, 'ECONNRESET');
    assert.equal(ended, false);
  });
}

/** More than all buffers of a kernel hold between two ends. */
const FLOOD_BLOCKS = 512;

async function pushesBack(network: NetworkUnderTest): Promise<void> {
  await withPair(network, async ({ client, server }) => {
    const block = Buffer.alloc(65_536);
    for (let count = 0; count < FLOOD_BLOCKS; count += 1) client.stream.write(block);
    client.stream.end();
    server.stream.write('are you done?');
    await once(client.stream, 'data');
    assert.ok(client.stream.writableLength > 0, 'a reader that does not read did not stop its writer');
    let bytes = 0;
    for await (const chunk of server.stream) bytes += (chunk as Buffer).length;
    assert.equal(bytes, FLOOD_BLOCKS * block.length);
  });
}

async function abortsConnect(network: NetworkUnderTest): Promise<void> {
  const reason = new Error('enough');
  const listener = await network.server.listen({ host: network.serverHost, port: 0 }, (connection) => connection.stream.destroy());
  await assert.rejects(network.client.connect(listener.address, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const attempt = network.client.connect(listener.address, controller.signal);
  controller.abort(reason);
  await assert.rejects(attempt, reason);
  await listener.close();
}

const driven = (name: string, body: (network: NetworkUnderTest) => Promise<void>): NetworkCase => ({ name, run: (network) => network.run(body(network)) });

export const networkCases: readonly NetworkCase[] = [
  driven('carries a megabyte both ways, in order', carriesBytes),
  driven('tells both ends the same addresses', tellsAddresses),
  driven('refuses a connection where nobody listens', refuses),
  driven('ends cleanly behind the last byte', ends),
  driven('breaks with ECONNRESET and no end', breaks),
  driven('stops a writer whose reader does not read, and loses nothing', pushesBack),
  driven('gives up connecting when the signal says so', abortsConnect),
];
