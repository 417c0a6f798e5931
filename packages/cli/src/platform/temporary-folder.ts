/**
 * A folder for as long as this process runs. One that was killed could not remove its folder: the next one on the same
 * machine does.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '@pappus/core';

/** Containers may share the folder for temporary files, but not the numbers of processes. */
const prefixOf = (kind: string): string => `pappus-${kind}-${hostname().replaceAll(/[^A-Za-z0-9]/g, '')}-`;

export async function makeTemporaryFolder(kind: string): Promise<string> {
  await removeLeftovers(prefixOf(kind));
  return mkdtemp(join(tmpdir(), `${prefixOf(kind)}${process.pid}-`));
}

async function removeLeftovers(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && isGone(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return systemCode(thrown) === 'ESRCH';
  }
}
