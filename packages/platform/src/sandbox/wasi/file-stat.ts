/** What stat says. There are no times; the inode number only tells files apart. */
import type { GuestMemory } from '../guest-memory.ts';
import type { Descriptor } from './descriptors.ts';
import { ERRNO, FILE_TYPE, type Errno } from './errno.ts';
import type { Path } from './path.ts';
import type { Node } from './run-files.ts';

export interface FileStat {
  readonly type: number;
  readonly size: number;
  readonly inode: bigint;
}

const STAT_BYTES = 64;

export function statOf(open: Descriptor | null): FileStat | null {
  switch (open?.kind) {
    case undefined:
      return null;
    case 'log':
      return { type: FILE_TYPE.characterDevice, size: 0, inode: 0n };
    case 'folder':
      return { type: FILE_TYPE.directory, size: 0, inode: inodeOf(open.path) };
    case 'input':
      return { type: open.path.length === 0 ? FILE_TYPE.characterDevice : FILE_TYPE.regular, size: open.data.length, inode: inodeOf(open.path) };
    case 'output':
      return { type: FILE_TYPE.regular, size: open.file.size, inode: inodeOf(open.path) };
  }
}

export function nodeStat(node: Node, path: Path): FileStat | null {
  switch (node.kind) {
    case 'absent':
      return null;
    case 'folder':
      return { type: FILE_TYPE.directory, size: 0, inode: inodeOf(path) };
    case 'input':
      return { type: FILE_TYPE.regular, size: node.data.length, inode: inodeOf(path) };
    case 'output':
      return { type: FILE_TYPE.regular, size: node.file.size, inode: inodeOf(path) };
  }
}

/** Writes a stat, or answers `badf` where there is none. */
export function writeStat(memory: GuestMemory, stat: FileStat | null, at: number): Errno {
  if (stat === null) return ERRNO.badf;
  if (!memory.takes(at, STAT_BYTES)) return ERRNO.fault;
  const { view, bytes } = memory;
  bytes.fill(0, at, at + STAT_BYTES);
  view.setBigUint64(at, 1n, true);
  view.setBigUint64(at + 8, stat.inode, true);
  view.setUint8(at + 16, stat.type);
  view.setBigUint64(at + 24, 1n, true);
  view.setBigUint64(at + 32, BigInt(stat.size), true);
  return ERRNO.success;
}

/** Two FNV-1a hashes of the path: two files of one run share a number about never. */
export function inodeOf(path: Path): bigint {
  let low = 0x811c_9dc5;
  let high = 0x050c_5d1f;
  for (const part of path) {
    for (let i = 0; i < part.length; i++) {
      low = Math.imul(low ^ part.charCodeAt(i), 0x0100_0193);
      high = Math.imul(high ^ part.charCodeAt(i) ^ (low >>> 24), 0x0100_0193);
    }
    low = Math.imul(low ^ 47, 0x0100_0193);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
