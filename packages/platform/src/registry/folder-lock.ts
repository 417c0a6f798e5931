/**
 * One server per folder. The lock is one that the kernel holds for a process: it goes when the process goes, however
 * that ends, so there is no stale lock to detect and no process number to compare, which says nothing from inside
 * another container. Node has no call for it; SQLite, which is part of Node, takes it on any file that it opens.
 * No table is ever made in it; but it is not left empty, since locking an empty one takes room on the disk, and a
 * registry has to open on a full disk too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@pappus/core';
import { diskError } from './disk-error.ts';

export interface FolderLock {
  release(): void;
}

const LOCK = 'lock';
/** For people and for the error message only. */
const OWNER = 'owner';
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

export function lockFolder(folder: string, owner: string): FolderLock {
  const path = join(folder, LOCK);
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec('BEGIN EXCLUSIVE');
    if (database.prepare('PRAGMA user_version').get()?.['user_version'] === 0) database.exec('PRAGMA user_version = 1; COMMIT; BEGIN EXCLUSIVE');
  } catch (thrown) {
    database?.close();
    throw lockError(thrown, folder);
  }
  const held = database;
  try {
    writeFileSync(join(folder, OWNER), `${owner}\n`, { mode: 0o600 });
  } catch {
    // An error message will not name this server.
  }
  return { release: () => held.close() };
}

function lockError(thrown: unknown, folder: string): AppError {
  const path = join(folder, LOCK);
  switch (sqliteCode(thrown)) {
    case SQLITE_BUSY:
      return inUse(folder);
    case SQLITE_FULL:
      return diskError({ code: 'ENOSPC' }, 'lock', path);
    default:
      return diskError(thrown, 'lock', path);
  }
}

function inUse(folder: string): AppError {
  let owner = '';
  try {
    owner = ` (${readFileSync(join(folder, OWNER), 'utf8').trim().slice(0, 200)})`;
  } catch {
    // It has only just started: it is not named.
  }
  return new AppError('unavailable', `the registry in ${folder} is in use by another server${owner}`, {
    hint: 'Stop that server, or give this one a folder of its own.',
  });
}

const sqliteCode = (thrown: unknown): unknown => (typeof thrown === 'object' && thrown !== null && 'errcode' in thrown ? thrown.errcode : null);
