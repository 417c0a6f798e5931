import fc from 'fast-check';
import { BlockList } from 'node:net';
import { expect, test } from 'vitest';
import { classifyAddress } from './address-class.ts';

test.each([
  ['8.8.8.8', 'public'],
  ['1.1.1.1', 'public'],
  ['172.15.255.255', 'public'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.0', 'public'],
  ['10.255.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.63.255.255', 'public'],
  ['100.64.0.1', 'shared'],
  ['100.100.100.200', 'shared'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['169.254.169.254', 'link-local'],
  ['168.63.129.16', 'link-local'],
  ['192.0.0.192', 'reserved'],
  ['198.19.255.255', 'reserved'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'reserved'], // IPv4-compatible
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['::ffff:8.8.8.8', 'public'],
  ['::ffff:0:127.0.0.1', 'reserved'],
  ['64:ff9b::169.254.169.254', 'link-local'],
  ['64:ff9b::808:808', 'public'],
  ['64:ff9b:1::7f00:1', 'reserved'],
  ['2002:7f00:1::', 'reserved'],
  ['2001:0:7f00:1::', 'reserved'],
  ['2001:db8::1', 'reserved'],
  ['2606:4700:4700::1111', 'public'],
  ['2a00:1450:4001:81b::200e', 'public'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'private'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['fec0::1', 'private'],
  ['ff02::1', 'multicast'],
  ['100::1', 'reserved'],
  ['not an address', 'reserved'],
  ['127.1', 'reserved'],
])('%s is %s', (address, expected) => expect(classifyAddress(address)).toBe(expected));

test('agrees with an independent list of what is not public', () => {
  const list = new BlockList();
  const v4 = [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['168.63.129.16', 32], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3]] as const;
  for (const [network, bits] of v4) list.addSubnet(network, bits, 'ipv4');
  const near = fc.constantFrom(...v4).map(([network]) => network.split('.').map(Number));
  const octet = fc.nat({ max: 255 });
  const address = fc.oneof(
    fc.tuple(octet, octet, octet, octet),
    fc.tuple(near, fc.nat({ max: 3 }), fc.integer({ min: -1, max: 1 })).map(([parts, at, by]) => parts.map((part, index) => (index === at ? (part + by + 256) % 256 : part))),
  );
  fc.assert(
    fc.property(address, (parts) => {
      const text = parts.join('.');
      expect(classifyAddress(text) === 'public').toBe(!list.check(text, 'ipv4'));
      const last = `${((parts[0] ?? 0) * 256 + (parts[1] ?? 0)).toString(16)}:${((parts[2] ?? 0) * 256 + (parts[3] ?? 0)).toString(16)}`;
      for (const mapped of [`::ffff:${text}`, `::ffff:${last}`, `0:0:0:0:0:FFFF:${last}`, `64:ff9b::${last}`]) expect(classifyAddress(mapped)).toBe(classifyAddress(text));
    }),
    { numRuns: 500 },
  );
});
