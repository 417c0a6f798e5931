import { SimulatedClock } from '@pappus/testkit';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { context, failureOfRun, item, requests, testHttp } from '../testing/http-servers.ts';
import { machineClassifier } from './machine-addresses.ts';

const clock = new SimulatedClock();
const interfaces = ['127.0.0.1', '8.8.4.4', '2A00:1450:4001:081b::200e', 'fe80::1%eth0'];
const classify = machineClassifier(clock, () => interfaces);

test.each([
  ['8.8.4.4', 'own'],
  ['::ffff:8.8.4.4', 'own'],
  ['64:ff9b::808:404', 'own'],
  ['2a00:1450:4001:81b::200e', 'own'],
  ['2a00:1450:4001:81b:0:0:0:200e', 'own'],
  ['8.8.8.8', 'public'],
  ['2a00:1450:4001:81b::200f', 'public'],
  ['127.0.0.1', 'loopback'],
  ['not an address', 'reserved'],
] as const)('%s is %s', (address, expected) => expect(classify(address)).toBe(expected));

test('interfaces that come up later are seen', async () => {
  let addresses: readonly string[] = [];
  const changing = machineClassifier(clock, () => addresses);
  expect(changing('9.9.9.9')).toBe('public');
  addresses = ['9.9.9.9'];
  await clock.advance(60_000);
  expect(changing('9.9.9.9')).toBe('own');
});

test('what this machine calls itself is never public', () => {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const here = machineClassifier(clock);
  for (const address of own) expect(here(address)).not.toBe('public');
});

test.each(['http://8.8.4.4:22/', 'http://134743044:22/', 'http://[::ffff:8.8.4.4]:22/', 'http://me.example:22/'])('%s is refused to whoever may ask everything public', async (url) => {
  const resolver = { resolve: async () => [{ address: '8.8.4.4', family: 4 }] };
  const http = testHttp({ destinations: { allow: ['*'] }, resolver, classify });
  const failure = failureOfRun(await http.run(requests(item(`GET ${url} HTTP/1.1\n\n`)), context()));
  expect(failure).toMatchObject({ code: 'permission-denied', message: expect.stringMatching(/is an address of this machine$/) });
});
