import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { networkCases } from '@pappus/testkit';
import type { Connection } from './network.ts';
import { tcpNetwork } from './tcp-network.ts';

for (const { name, run } of networkCases) {
  test(name, () => run({ server: tcpNetwork, client: tcpNetwork, serverHost: '127.0.0.1', clientHost: '127.0.0.1', run: (promise) => promise }));
}

test('a reset frees the descriptor of a connection that the other side has ended', async () => {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpNetwork.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve);
  const client = connect(listener.address);
  const { stream, reset } = await accepted.promise;
  const closed = new Promise<void>((resolve) => void stream.once('close', () => resolve()));
  stream.once('end', () => reset()); // Node has begun to end its side by now
  stream.resume();
  client.end();
  await closed;
  expect(stream.destroyed).toBe(true);
  client.destroy();
  await listener.close();
});
