/**
 * The folder of one provider, with a folder inside for each instance. Its name says whose it is, so that a later
 * start can remove what a killed machine or a killed reaper left behind:
 *
 *   pappus-run-<host>-<pid>-<random>     host: hash of the host name and the process namespace, since a folder for
 *                                        temporary files may be shared by containers that don't see each other's pids
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError, randomHex, systemCode, type Logger, type Random } from '@pappus/core';
import { MAX_SWEPT_FOLDERS } from './limits.ts';

const PREFIX = 'pappus-run-';
const NAME = /^pappus-run-([0-9a-f]{8})-(\d+)-[0-9a-f]+$/;

export async function createRunFolder(root: string, random: Random): Promise<string> {
  const folder = join(root, `${PREFIX}${hostKey()}-${process.pid}-${randomHex(random, 6)}`);
  await makeFolder(root, true);
  await makeFolder(folder);
  return folder;
}

/** Readable by nobody else: workers spill rows into it. Its parent folder must be there, unless `withParents`. */
export async function makeFolder(folder: string, withParents = false): Promise<void> {
  try {
    await mkdir(folder, { recursive: withParents, mode: 0o700 });
  } catch (error) {
    const full = systemCode(error) === 'ENOSPC';
    throw new AppError(full ? 'resource-exhausted' : 'permission-denied', `cannot make the working folder ${folder}`, {
      cause: error,
      hint: full ? 'The disk is full.' : 'Choose another folder for temporary files.',
    });
  }
}

/** Removes a folder and all in it; what still writes there is retried. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Removes run folders of this machine whose owner is gone. Never fails: they are only rubbish. */
export async function sweepStaleFolders(root: string, logger: Logger): Promise<void> {
  const names = await readdir(root).catch(() => [] as string[]);
  const stale = names.filter(isStale).slice(0, MAX_SWEPT_FOLDERS);
  for (const name of stale) {
    await removeFolder(join(root, name)).then(
      () => logger.log('info', 'removed a run folder whose owner is gone', { folder: name }),
      () => {}, // somebody else's: not ours to remove
    );
  }
}

function isStale(name: string): boolean {
  const match = NAME.exec(name);
  return match !== null && match[1] === hostKey() && !isAlive(Number(match[2]));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function hostKey(): string {
  return createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
