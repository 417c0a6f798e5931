/** Workers without memory and without disk: a clear error, all cleaned up, and the session goes on. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@pappus/core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LASTING_QUERY, makeFaultTables, type FaultTables } from '../testing/fault-tables.ts';
import { FaultySession, type FaultyOptions } from '../testing/faulty-session.ts';

const MIB = 1024 * 1024;
let folder: string;
let tables: FaultTables;
let faulty: FaultySession | null = null;
let tinyDisk: string | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-resources-'));
  tables = await makeFaultTables(join(folder, 'tables'), 300_000);
  tinyDisk = await mountTinyDisk(join(folder, 'tiny'));
});

afterAll(async () => {
  tables.close();
  if (tinyDisk !== null) execFileSync('umount', [tinyDisk]);
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const left = await faulty?.stop();
  faulty = null;
  expect(left ?? { processes: [], files: [] }).toEqual({ processes: [], files: [] });
});

/** Two MiB; null where this user may not mount. */
async function mountTinyDisk(at: string): Promise<string | null> {
  await mkdir(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'pappus-test', at], { stdio: 'ignore' });
    return at;
  } catch {
    process.stderr.write('SKIPPED: only root can mount the full disk of these tests\n');
    return null;
  }
}

async function open(options: Partial<FaultyOptions> = {}): Promise<FaultySession> {
  faulty = await FaultySession.open({ tables: tables.folder, exchange: 'direct', workers: 2, ...options });
  return faulty;
}

async function failureOf(operation: Promise<unknown>): Promise<AppError> {
  const thrown = await operation.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

/** Sorts some 290 MB, and answers with one row. */
const SORT = 'SELECT max(place) AS places FROM (SELECT row_number() OVER (ORDER BY repeat(note, 30), amount) AS place FROM facts)';

it('DuckDB out of memory is a clear error with a hint, not a restart, and the workers go on', async () => {
  const session = await open({ workerMemoryBytes: 200 * MIB });
  const error = await failureOf(session.query(`SELECT max(length(l)) FROM (SELECT key % 2, list(note || repeat('x', 2000))::VARCHAR AS l FROM facts GROUP BY ALL)`));
  expect(error.code).toBe('resource-exhausted');
  expect(error.message).toMatch(/worker \d, stage \d+: .*memory/i);
  expect(error.hint).toMatch(/--worker-memory/);
  const sql = 'SELECT count(*) FROM facts';
  expect((await session.query(sql)).rows).toEqual(await tables.oracle(sql));
});

it('a worker that needs more than its memory is ended, named, and not started again and again', async () => {
  let starts = 0;
  const session = await open({ workerMemoryBytes: 70 * MIB, onStart: () => void (starts += 1) });
  const error = await failureOf(session.query('SELECT count(*) FROM facts'));
  expect(error.code).toBe('resource-exhausted');
  expect(error.message).toMatch(/worker \d ran out of memory/);
  expect(error.hint).toMatch(/--worker-memory/);
  expect(starts).toBeLessThanOrEqual(2);
});

it.skipIf(process.getuid?.() !== 0)('a worker whose disk is full fails the query, names the reason, and is there for the next one', async () => {
  const session = await open({ workerMemoryBytes: 320 * MIB, ...(tinyDisk === null ? {} : { workRoot: tinyDisk }) });
  const error = await failureOf(session.query(SORT));
  expect(error.code).toBe('resource-exhausted');
  expect(error.message).toMatch(/no space left|disk|could not write|failed to/i);
  expect(error.message).toContain(String(tinyDisk));
  const sql = 'SELECT count(*) FROM facts';
  expect((await session.query(sql)).rows).toEqual(await tables.oracle(sql));
});

it('the same query succeeds where there is room', async () => {
  const session = await open({ workerMemoryBytes: 2_048 * MIB });
  const { rows } = await session.query(SORT);
  expect(rows).toEqual([['300000']]);
  expect((await session.query(LASTING_QUERY)).rows).toEqual(await tables.oracle(LASTING_QUERY));
});
