/**
 * Reads files of one folder and nothing else. A symbolic link counts as what it leads to, if that is in the folder. As
 * Node can't open a file relative to an open folder, the way is: resolve the path, check that it is inside, open it
 * without following a link at its end, and check afterwards where the open file is, since the path may have been
 * switched in between. Linux says exactly where; elsewhere the path has to lead to the very file that is open, which
 * whoever may write to the folder can still outrun. (A hard link to a file of elsewhere can't be told from a file:
 * whoever may write to the folder decides what is in it. No function may.)
 */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import { FileProblem, fileProblem } from './file-problem.ts';

export interface FolderFile {
  readonly path: string;
  readonly data: Uint8Array;
}

// A pipe must not block the opening; it is refused afterwards.
const OPEN_FLAGS: number = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The folder's real path; rejects when it isn't there. */
export async function realFolder(folder: string): Promise<string> {
  try {
    const real = await realpath(folder);
    if ((await stat(real)).isDirectory()) return real;
  } catch (thrown) {
    throw new AppError('not-found', `the folder of the Files function, ${folder}, can't be used: ${systemCode(thrown) ?? String(thrown)}`, { cause: thrown });
  }
  throw new AppError('not-found', `the folder of the Files function, ${folder}, is not a folder`);
}

/** `reserve` is told the size before memory is taken, and throws where that is too much. */
export async function readFolderFile(root: string, path: string, reserve: (bytes: number) => void, signal: AbortSignal): Promise<FolderFile> {
  signal.throwIfAborted();
  try {
    const real = await insidePath(root, path);
    const handle = await open(real, OPEN_FLAGS);
    try {
      return { path, data: await readAll(handle, root, path, reserve) };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw fileProblem(thrown, path);
  }
}

async function insidePath(root: string, path: string): Promise<string> {
  const real = await realpath(join(root, path));
  checkInside(root, real, path);
  return real;
}

function checkInside(root: string, real: string, path: string): void {
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new FileProblem('permission-denied', `${path} leads out of the folder`);
}

async function checkOpened(handle: FileHandle, opened: BigIntStats, root: string, path: string): Promise<void> {
  const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null);
  if (real !== null) return checkInside(root, real, path);
  const there = await lstat(await insidePath(root, path), { bigint: true });
  if (there.dev !== opened.dev || there.ino !== opened.ino) throw new FileProblem('unavailable', `${path} was replaced while it was opened`, { retryable: true });
}

async function readAll(handle: FileHandle, root: string, path: string, reserve: (bytes: number) => void): Promise<Uint8Array> {
  const opened = await handle.stat({ bigint: true });
  if (!opened.isFile()) throw new FileProblem('invalid-argument', `${path} is not a file`);
  await checkOpened(handle, opened, root, path);
  const size = Number(opened.size);
  reserve(size);
  const bytes = Buffer.allocUnsafeSlow(size);
  let used = 0;
  while (used < size) {
    const { bytesRead } = await handle.read(bytes, used, size - used, used);
    if (bytesRead === 0) break; // it has become shorter
    used += bytesRead;
  }
  return new Uint8Array(bytes.buffer, 0, used);
}
