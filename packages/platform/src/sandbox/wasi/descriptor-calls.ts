/** Functions of WASI on open files. */
import { ALL_RIGHTS, APPEND, ERRNO, FILE_TYPE, type Errno } from './errno.ts';
import { ROOT_DESCRIPTOR, type Descriptor, type OpenInput, type OpenOutput } from './descriptors.ts';
import { statOf, writeStat } from './file-stat.ts';
import { readDirectory } from './read-directory.ts';
import type { WasiCalls } from './signatures.ts';
import type { WasiRun } from './wasi-run.ts';

/** Positions and sizes beyond this are refused, and numbers up to it are exact. */
const MAX_OFFSET = 0xffff_ffff_ffffn;
const PREOPENED_FOLDER = 0;

export const descriptorCalls = (run: WasiRun): WasiCalls => ({
  fd_close: (fd: number) => (run.descriptors.close(fd) ? ERRNO.success : ERRNO.badf),
  fd_renumber: (from: number, to: number) => (run.descriptors.move(from, to) ? ERRNO.success : ERRNO.badf),
  fd_read: (fd: number, vectors: number, count: number, result: number) => readVectors(run, fd, vectors >>> 0, count >>> 0, null, result >>> 0),
  fd_pread: (fd: number, vectors: number, count: number, offset: bigint, result: number) =>
    readVectors(run, fd, vectors >>> 0, count >>> 0, BigInt.asUintN(64, offset), result >>> 0),
  fd_write: (fd: number, vectors: number, count: number, result: number) => writeVectors(run, fd, vectors >>> 0, count >>> 0, null, result >>> 0),
  fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, result: number) =>
    writeVectors(run, fd, vectors >>> 0, count >>> 0, BigInt.asUintN(64, offset), result >>> 0),
  fd_seek: (fd: number, offset: bigint, whence: number, result: number) => seek(run, fd, offset, whence, result >>> 0),
  fd_tell: (fd: number, result: number) => seek(run, fd, 0n, WHENCE.current, result >>> 0),
  fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, result: number) =>
    readDirectory(run, fd, { at: buffer >>> 0, length: length >>> 0, cookie: BigInt.asUintN(64, cookie), result: result >>> 0 }),
  fd_fdstat_get: (fd: number, result: number) => writeDescriptorStat(run, fd, result >>> 0),
  fd_fdstat_set_flags: (fd: number, flags: number) => setFlags(run.descriptors.get(fd), flags),
  fd_fdstat_set_rights: (fd: number) => known(run, fd),
  fd_filestat_get: (fd: number, result: number) => writeStat(run.memory, statOf(run.descriptors.get(fd)), result >>> 0),
  fd_filestat_set_size: (fd: number, size: bigint) => resize(run, fd, BigInt.asUintN(64, size), false),
  fd_allocate: (fd: number, offset: bigint, length: bigint) => resize(run, fd, BigInt.asUintN(64, offset) + BigInt.asUintN(64, length), true),
  fd_filestat_set_times: (fd: number) => known(run, fd),
  fd_advise: (fd: number) => known(run, fd),
  fd_sync: (fd: number) => known(run, fd),
  fd_datasync: (fd: number) => known(run, fd),
  fd_prestat_get(fd: number, result: number) {
    if (fd !== ROOT_DESCRIPTOR) return ERRNO.badf;
    if (!run.memory.takes(result >>> 0, 8)) return ERRNO.fault;
    run.memory.view.setUint32(result >>> 0, PREOPENED_FOLDER, true);
    run.memory.view.setUint32((result >>> 0) + 4, 1, true);
    return ERRNO.success;
  },
  fd_prestat_dir_name(fd: number, at: number, length: number) {
    if (fd !== ROOT_DESCRIPTOR) return ERRNO.badf;
    if (length < 1) return ERRNO.nametoolong;
    if (!run.memory.takes(at >>> 0, 1)) return ERRNO.fault;
    run.memory.bytes[at >>> 0] = '/'.charCodeAt(0);
    return ERRNO.success;
  },
});

const known = (run: WasiRun, fd: number): Errno => (run.descriptors.get(fd) === null ? ERRNO.badf : ERRNO.success);

/** Calls back with each of the guest's buffers until it answers false. */
function eachVector({ memory }: WasiRun, vectors: number, count: number, use: (at: number, length: number) => boolean): Errno {
  if (!memory.holds(vectors, count * 8)) return ERRNO.fault;
  const { view } = memory;
  for (let i = 0; i < count; i++) {
    const at = view.getUint32(vectors + i * 8, true);
    const length = view.getUint32(vectors + i * 8 + 4, true);
    if (!memory.holds(at, length)) return ERRNO.fault;
    if (!use(at, length)) break;
  }
  return ERRNO.success;
}

function readVectors(run: WasiRun, fd: number, vectors: number, count: number, offset: bigint | null, result: number): Errno {
  const open = run.descriptors.get(fd);
  if (open === null || open.kind === 'log') return ERRNO.badf;
  if (open.kind === 'folder') return ERRNO.isdir;
  if (!run.memory.takes(result, 4)) return ERRNO.fault;
  const content = open.kind === 'input' ? open.data : open.file.content;
  const start = offset === null ? open.position : Number(offset > MAX_OFFSET ? MAX_OFFSET : offset);
  let at = start;
  const errno = eachVector(run, vectors, count, (to, length) => {
    const taken = Math.max(0, Math.min(length, content.length - at));
    if (taken > 0 && run.memory.takes(to, taken)) run.memory.bytes.set(taken === content.length ? content : content.subarray(at, at + taken), to);
    at += taken;
    return taken === length;
  });
  if (errno !== ERRNO.success) return errno;
  if (offset === null) open.position = at;
  run.memory.view.setUint32(result, at - start, true);
  return ERRNO.success;
}

function writeVectors(run: WasiRun, fd: number, vectors: number, count: number, offset: bigint | null, result: number): Errno {
  const open = run.descriptors.get(fd);
  if (open === null || open.kind === 'input') return ERRNO.badf;
  if (open.kind === 'folder') return ERRNO.isdir;
  if (!run.memory.takes(result, 4)) return ERRNO.fault;
  if (open.kind === 'log' && offset !== null) return ERRNO.spipe;
  if (offset !== null && offset > MAX_OFFSET) return ERRNO.inval;
  const start = open.kind === 'log' ? 0 : offset === null ? position(open) : Number(offset);
  let at = start;
  const errno = eachVector(run, vectors, count, (from, length) => {
    const data = run.memory.bytes.subarray(from, from + length);
    if (open.kind === 'log') run.print(open.sink, data);
    else if (length > 0) open.file.write(at, data);
    at += length;
    return true;
  });
  if (errno !== ERRNO.success) return errno;
  if (open.kind === 'output' && offset === null) open.position = at;
  run.memory.view.setUint32(result, at - start, true);
  return ERRNO.success;
}

const position = (open: OpenOutput): number => (open.append ? open.file.size : open.position);

const WHENCE = { set: 0, current: 1, end: 2 } as const;

function seek({ descriptors, memory }: WasiRun, fd: number, offset: bigint, whence: number, result: number): Errno {
  const open = descriptors.get(fd);
  if (open === null) return ERRNO.badf;
  if (open.kind === 'log' || open.kind === 'folder') return ERRNO.spipe;
  const from = whenceBase(open, whence);
  if (from === null) return ERRNO.inval;
  const to = BigInt(from) + offset;
  if (to < 0n || to > MAX_OFFSET) return ERRNO.inval;
  if (!memory.takes(result, 8)) return ERRNO.fault;
  open.position = Number(to);
  memory.view.setBigUint64(result, to, true);
  return ERRNO.success;
}

function whenceBase(open: OpenInput | OpenOutput, whence: number): number | null {
  switch (whence) {
    case WHENCE.set:
      return 0;
    case WHENCE.current:
      return open.position;
    case WHENCE.end:
      return open.kind === 'input' ? open.data.length : open.file.size;
    default:
      return null;
  }
}

function resize({ descriptors }: WasiRun, fd: number, size: bigint, onlyGrow: boolean): Errno {
  const open = descriptors.get(fd);
  if (open === null) return ERRNO.badf;
  if (open.kind !== 'output' || size > MAX_OFFSET) return ERRNO.inval;
  if (!onlyGrow || Number(size) > open.file.size) open.file.resize(Number(size));
  return ERRNO.success;
}

function setFlags(open: Descriptor | null, flags: number): Errno {
  if (open === null) return ERRNO.badf;
  if (open.kind === 'output') open.append = (flags & APPEND) !== 0;
  return ERRNO.success;
}

function writeDescriptorStat({ descriptors, memory }: WasiRun, fd: number, result: number): Errno {
  const open = descriptors.get(fd);
  if (open === null) return ERRNO.badf;
  if (!memory.takes(result, 24)) return ERRNO.fault;
  const { view } = memory;
  view.setBigUint64(result, 0n, true);
  view.setUint8(result, fd < ROOT_DESCRIPTOR ? FILE_TYPE.characterDevice : open.kind === 'folder' ? FILE_TYPE.directory : FILE_TYPE.regular);
  view.setUint16(result + 2, open.kind === 'output' && open.append ? APPEND : 0, true);
  view.setBigUint64(result + 8, ALL_RIGHTS, true);
  view.setBigUint64(result + 16, ALL_RIGHTS, true);
  return ERRNO.success;
}
