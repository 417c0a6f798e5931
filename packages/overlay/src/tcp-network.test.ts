import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { networkCases } from '@pappus/testkit';
import type { Connection } from './network.ts';
import { tcpNetwork } from './tcp-network.ts';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

for (const { name, run } of networkCases) {
  test(name, () => run({ server: tcpNetwork, client: tcpNetwork, serverHost: '127.0.0.1', clientHost: '127.0.0.1', run: (promise) => promise }));
}

test('a reset frees the descriptor of a connection that the other side has ended', async () => {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpNetwork.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve);
  const client = connect(listener.address).on('error', () => {}); // a reset may be one
  const { stream, reset } = await accepted.promise;
  const clientClosed = new Promise<void>((resolve) => void client.once('close', () => resolve()));
  const before = openDescriptors();
  // Between Node's call to shut its side down and the answer.
  const ended = new Promise<void>((resolve) => void stream.once('end', () => queueMicrotask(() => resolve(reset()))));
  stream.resume();
  client.resume();
  client.end();
  await Promise.all([ended, clientClosed]);
  await new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
  expect(openDescriptors()).toBe(before - 2);
  await listener.close();
});
