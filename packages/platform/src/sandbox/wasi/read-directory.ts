/** fd_readdir: the entries of a folder as the guest reads them, from any cookie on. */
import { ERRNO, FILE_TYPE, type Errno } from './errno.ts';
import { inodeOf } from './file-stat.ts';
import type { WasiRun } from './wasi-run.ts';

const ENTRY_BYTES = 24;

export interface ReadDirectory {
  readonly at: number;
  readonly length: number;
  readonly cookie: bigint;
  /** Where the number of bytes goes. */
  readonly result: number;
}

/** A full buffer means that there may be more, so the last entry may be cut anywhere. */
export function readDirectory({ descriptors, files, memory }: WasiRun, fd: number, { at, length, cookie, result }: ReadDirectory): Errno {
  const open = descriptors.get(fd);
  if (open === null) return ERRNO.badf;
  if (open.kind !== 'folder') return ERRNO.notdir;
  if (!memory.takes(at, length) || !memory.takes(result, 4)) return ERRNO.fault;
  if ((cookie === 0n || open.listing === null) && !descriptors.list(open, files.list(open.path))) return ERRNO.nomem;
  const listing = open.listing ?? [];
  let used = 0;
  for (let index = Number(cookie); index < listing.length && used < length; index++) {
    const { name, isFolder } = listing[index] as { readonly name: string; readonly isFolder: boolean };
    const entry = Buffer.alloc(ENTRY_BYTES + Buffer.byteLength(name));
    entry.writeBigUInt64LE(BigInt(index + 1), 0);
    entry.writeBigUInt64LE(inodeOf([...open.path, name]), 8);
    entry.writeUInt32LE(entry.length - ENTRY_BYTES, 16);
    entry.writeUInt8(isFolder ? FILE_TYPE.directory : FILE_TYPE.regular, 20);
    entry.write(name, ENTRY_BYTES);
    const taken = Math.min(entry.length, length - used);
    memory.bytes.set(entry.subarray(0, taken), at + used);
    used += taken;
  }
  memory.view.setUint32(result, used, true);
  return ERRNO.success;
}
