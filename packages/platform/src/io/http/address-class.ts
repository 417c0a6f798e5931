/**
 * What kind of place an IP address is, from the registries of special-purpose addresses (RFC 6890 and IANA's lists).
 * `public` is what is known to be public: an IPv6 address outside of 2000::/3, or one that carries an IPv4 address by a
 * way that is no longer used (6to4, Teredo), is not.
 */
import { isIPv4, isIPv6 } from 'node:net';

export type AddressClass = 'public' | 'loopback' | 'private' | 'shared' | 'link-local' | 'multicast' | 'unspecified' | 'reserved';

type Block = readonly [network: string, bits: number, is: AddressClass];

/** The first that fits counts. */
const V4_BLOCKS: readonly Block[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared'],
  ['127.0.0.0', 8, 'loopback'],
  ['168.63.129.16', 32, 'link-local'], // Azure's host, reached from every virtual machine
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const V6_BLOCKS: readonly Block[] = [
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['2001::', 23, 'reserved'], // Teredo, ORCHID and other protocols
  ['2001:db8::', 32, 'reserved'],
  ['2002::', 16, 'reserved'], // 6to4
  ['3fff::', 20, 'reserved'],
  ['2000::', 3, 'public'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'multicast'],
];

/** IPv6 blocks whose last 32 bits are an IPv4 address, which is then what counts: IPv4-mapped, and NAT64. */
const CARRIERS: readonly (readonly [network: string, bits: number])[] = [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
];

interface ParsedBlock {
  readonly value: bigint;
  readonly shift: bigint;
  readonly is: AddressClass;
}

const V4_BITS = 32;
const V6_BITS = 128;

const parsedBlocks = (blocks: readonly Block[], width: number, read: (text: string) => bigint): readonly ParsedBlock[] =>
  blocks.map(([network, bits, is]) => ({ value: read(network) >> BigInt(width - bits), shift: BigInt(width - bits), is }));

const V4: readonly ParsedBlock[] = parsedBlocks(V4_BLOCKS, V4_BITS, v4Value);
const V6: readonly ParsedBlock[] = parsedBlocks(V6_BLOCKS, V6_BITS, v6Value);
const CARRYING: readonly ParsedBlock[] = parsedBlocks(CARRIERS.map(([network, bits]) => [network, bits, 'public']), V6_BITS, v6Value);

/** `address` as the resolver or a URL gives it, without brackets. What is no address is `reserved`. */
export function classifyAddress(address: string): AddressClass {
  if (isIPv4(address)) return classOf(v4Value(address), V4) ?? 'public';
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return 'reserved';
  const value = v6Value(bare);
  if (classOf(value, CARRYING) !== null) return classOf(value & 0xffff_ffffn, V4) ?? 'public';
  return classOf(value, V6) ?? 'reserved';
}

/** The same for two ways to write one address, as text; an IPv4 address that IPv6 carries is itself. */
export function addressKey(address: string): string {
  if (isIPv4(address)) return `4 ${v4Value(address)}`;
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  const value = v6Value(bare);
  return classOf(value, CARRYING) === null ? `6 ${value}` : `4 ${value & 0xffff_ffffn}`;
}

function classOf(value: bigint, blocks: readonly ParsedBlock[]): AddressClass | null {
  for (const block of blocks) if (value >> block.shift === block.value) return block.is;
  return null;
}

function v4Value(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** `text` is a valid IPv6 address without a zone. */
function v6Value(text: string): bigint {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(text);
  const v4 = dotted === null ? 0n : v4Value(dotted[0]);
  const plain = dotted === null ? text : `${text.slice(0, dotted.index)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const [left = '', right = ''] = plain.split('::', 2);
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groups(left);
  const after = groups(right);
  const zeros = plain.includes('::') ? 8 - before.length - after.length : 0;
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
