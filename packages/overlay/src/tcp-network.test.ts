import { test } from 'vitest';
import { networkCases } from '@pappus/testkit';
import { tcpNetwork } from './tcp-network.ts';

for (const { name, run } of networkCases) {
  test(name, () => run({ server: tcpNetwork, client: tcpNetwork, serverHost: '127.0.0.1', clientHost: '127.0.0.1', run: (promise) => promise }));
}
