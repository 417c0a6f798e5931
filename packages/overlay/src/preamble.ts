/**
 * The first eight bytes of each connection in both protocols: they tell a Pappus peer from a port scanner before
 * anything is parsed, and carry the version outside of what the version may change.
 *
 *   0      5 6    7
 *   PAPPUS  K  V      K: 'C' control or 'S' stream; V: version as a byte
 */
import { AppError } from '@pappus/core';

export const PROTOCOL_VERSION = 1;
export const PREAMBLE_BYTES = 8;

export type ProtocolKind = 'control' | 'stream';

const MAGIC = 'PAPPUS';
const LETTERS: Readonly<Record<ProtocolKind, string>> = { control: 'C', stream: 'S' };

export function encodePreamble(kind: ProtocolKind, version: number = PROTOCOL_VERSION): Buffer {
  return Buffer.concat([Buffer.from(MAGIC + LETTERS[kind], 'latin1'), Buffer.of(version)]);
}

/** The version that the peer speaks; throws `protocol` when these are not the first bytes of a peer. */
export function decodePreamble(bytes: Buffer | null, kind: ProtocolKind): number {
  const begin = bytes?.subarray(0, MAGIC.length + 1).toString('latin1');
  if (bytes === null || begin !== MAGIC + LETTERS[kind]) throw new AppError('protocol', `the first bytes are not those of a ${kind} connection`);
  return bytes[PREAMBLE_BYTES - 1] as number;
}
