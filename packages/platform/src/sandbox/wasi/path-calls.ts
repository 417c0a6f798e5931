/** Functions of WASI on paths. */
import { APPEND, ERRNO, OPEN, RIGHT_WRITE, type Errno } from './errno.ts';
import type { Descriptor } from './descriptors.ts';
import { nodeStat, writeStat } from './file-stat.ts';
import { readPath, type Path } from './path.ts';
import type { Node } from './run-files.ts';
import type { WasiCalls } from './signatures.ts';
import type { WasiRun } from './wasi-run.ts';

export const pathCalls = (run: WasiRun): WasiCalls => ({
  path_open(fd: number, _follow: number, path: number, pathBytes: number, flags: number, rights: bigint, _inherited: bigint, fdFlags: number, result: number) {
    return at(run, fd, path, pathBytes, (where) => open(run, where, { flags, writes: (rights & RIGHT_WRITE) !== 0n, append: (fdFlags & APPEND) !== 0 }, result >>> 0));
  },
  path_filestat_get(fd: number, _follow: number, path: number, pathBytes: number, result: number) {
    return at(run, fd, path, pathBytes, (where) => {
      const stat = nodeStat(run.files.find(where), where);
      return stat === null ? ERRNO.noent : writeStat(run.memory, stat, result >>> 0);
    });
  },
  path_create_directory: (fd: number, path: number, pathBytes: number) => at(run, fd, path, pathBytes, (where) => run.files.makeFolder(where)),
  path_remove_directory: (fd: number, path: number, pathBytes: number) => at(run, fd, path, pathBytes, (where) => run.files.removeFolder(where)),
  path_unlink_file: (fd: number, path: number, pathBytes: number) => at(run, fd, path, pathBytes, (where) => run.files.unlink(where)),
  path_rename(fd: number, path: number, pathBytes: number, toFd: number, toPath: number, toPathBytes: number) {
    return at(run, fd, path, pathBytes, (from) => at(run, toFd, toPath, toPathBytes, (to) => run.files.rename(from, to)));
  },
  path_filestat_set_times: (fd: number, _follow: number, path: number, pathBytes: number) =>
    at(run, fd, path, pathBytes, (where) => (run.files.find(where).kind === 'absent' ? ERRNO.noent : ERRNO.success)),
  path_readlink: (fd: number, path: number, pathBytes: number) =>
    at(run, fd, path, pathBytes, (where) => (run.files.find(where).kind === 'absent' ? ERRNO.noent : ERRNO.inval)),
  path_link: () => ERRNO.notsup,
  path_symlink: () => ERRNO.notsup,
});

/** Calls back with the path that the guest gave, below the folder that is open as `fd`. */
function at({ descriptors, memory }: WasiRun, fd: number, path: number, pathBytes: number, use: (where: Path) => Errno): Errno {
  const base = descriptors.get(fd);
  if (base === null) return ERRNO.badf;
  if (base.kind !== 'folder') return ERRNO.notdir;
  const where = readPath(memory.bytes, path >>> 0, pathBytes >>> 0, base.path);
  return typeof where === 'number' ? where : use(where);
}

interface OpenMode {
  readonly flags: number;
  readonly writes: boolean;
  readonly append: boolean;
}

function open(run: WasiRun, path: Path, mode: OpenMode, result: number): Errno {
  if (!run.memory.takes(result, 4)) return ERRNO.fault;
  const node = run.files.find(path);
  const opened = openNode(run, path, node, mode);
  if (typeof opened === 'number') return opened;
  const fd = run.descriptors.add(opened);
  if (fd === null) return ERRNO.mfile;
  run.memory.view.setUint32(result, fd, true);
  return ERRNO.success;
}

function openNode({ files }: WasiRun, path: Path, node: Node, { flags, writes, append }: OpenMode): Descriptor | Errno {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (node.kind === 'folder') return writes && !has(OPEN.directory) ? ERRNO.isdir : { kind: 'folder', path, listing: null };
  if (node.kind === 'absent' && !has(OPEN.create)) return ERRNO.noent;
  if (has(OPEN.directory)) return ERRNO.notdir;
  if (node.kind === 'absent') {
    if (!node.writable) return files.refusal(path);
    const file = files.create(path);
    return typeof file === 'number' ? file : { kind: 'output', file, path, append, position: 0 };
  }
  if (has(OPEN.create) && has(OPEN.exclusive)) return ERRNO.exist;
  if (node.kind === 'output') {
    if (has(OPEN.truncate)) node.file.resize(0);
    return { kind: 'output', file: node.file, path, append, position: 0 };
  }
  if (!writes && !has(OPEN.truncate)) return { kind: 'input', data: node.data, path, position: 0 };
  if (!node.writable) return ERRNO.rofs;
  // A set that is input and output: writing makes a copy, which becomes the output.
  const copy = files.create(path);
  if (typeof copy === 'number') return copy;
  if (!has(OPEN.truncate)) copy.write(0, node.data);
  return { kind: 'output', file: copy, path, append, position: 0 };
}
