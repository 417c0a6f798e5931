/**
 * A whole TPC-H data set as Parquet files. Each file is written under a `.partial` name and renamed when it is whole;
 * the manifest then lists it. A run that was cancelled, failed or killed is continued by running it again.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError, cancelled, type Clock } from '@pappus/core';
import { checkScaleFactor } from '../generator/scale.ts';
import { TABLE_NAMES, type TableName } from '../generator/schema.ts';
import { SEGMENT_COUNT } from '../generator/text-pool.ts';
import { MAX_THREADS } from '../limits.ts';
import { runCrew } from './crew.ts';
import { planTable, type PlannedFile } from './layout.ts';
import { isWhole, readManifest, writeManifest, type FileEntry } from './manifest.ts';
import { outputError } from './output-error.ts';
import { ProgressTracker, type GenerateProgress } from './progress.ts';
import type { FileTask } from './thread-protocol.ts';

export interface GenerateOptions {
  /** 1 is about 1 GB of text and 350 MB of Parquet; 0.001 to 10,000. */
  readonly scaleFactor: number;
  /** Created if missing. Holds `<table>/<table>-00000-of-00004.parquet` afterwards, and the manifest. */
  readonly outDir: string;
  /** All eight by default. */
  readonly tables?: readonly TableName[] | undefined;
  /** Generating threads, 1 to 256; as many as the machine has cores is best. */
  readonly threads: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
  /** A filled text pool (`createTextPool`), for callers that generate several data sets; else the threads make one. */
  readonly textPool?: Uint8Array<SharedArrayBuffer> | undefined;
}

export interface GeneratedTable {
  readonly name: TableName;
  readonly rows: number;
  /** Absolute paths, in row order. */
  readonly files: readonly string[];
  readonly bytes: number;
}

export interface GenerateResult {
  readonly tables: readonly GeneratedTable[];
  /** Files that an earlier run had finished. */
  readonly keptFiles: number;
  readonly elapsedMs: number;
}

const PARTIAL = '.partial';

export async function generateTpch(options: GenerateOptions): Promise<GenerateResult> {
  const { scaleFactor, threads, clock, signal = new AbortController().signal } = options;
  checkScaleFactor(scaleFactor);
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new AppError('invalid-argument', `${threads} threads`, { hint: `Choose a whole number from 1 to ${MAX_THREADS}.` });
  }
  const startMs = clock.nowMs();
  const outDir = resolve(options.outDir);
  const tables = TABLE_NAMES.filter((table) => options.tables?.includes(table) ?? true);
  try {
    throwIfAborted(signal);
    const plan = tables.flatMap((table) => planTable(table, scaleFactor));
    const folder = await openFolder(outDir, scaleFactor, tables, plan);
    const keptFiles = folder.entries.size;
    await generateMissing(options, folder, plan, signal);
    return { tables: tables.map((table) => summary(table, folder, plan)), keptFiles, elapsedMs: clock.nowMs() - startMs };
  } catch (error) {
    throwIfAborted(signal);
    throw outputError(error, outDir);
  }
}

interface Folder {
  readonly path: string;
  /** The files that are whole, by relative path. */
  readonly entries: Map<string, FileEntry>;
  /** Files of tables that this run does not care about. */
  readonly others: ReadonlyMap<string, FileEntry>;
}

/** Creates what is missing, removes what a killed run left, and looks which files are whole. */
async function openFolder(path: string, scaleFactor: number, tables: readonly TableName[], plan: readonly PlannedFile[]): Promise<Folder> {
  await mkdir(path, { recursive: true });
  const manifest = await readManifest(path, scaleFactor);
  const planned = new Set(plan.map((file) => file.path));
  for (const table of tables) await tidyTable(path, table, planned);
  const entries = new Map<string, FileEntry>();
  const others = new Map<string, FileEntry>();
  for (const [name, entry] of manifest.files) {
    if (!planned.has(name)) others.set(name, entry);
    else if (await isWhole(join(path, name), entry)) entries.set(name, entry);
  }
  return { path, entries, others };
}

async function tidyTable(outDir: string, table: TableName, planned: ReadonlySet<string>): Promise<void> {
  const folder = join(outDir, table);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.endsWith(PARTIAL)) await rm(join(folder, name), { force: true });
    else if (name.endsWith('.parquet') && !planned.has(`${table}/${name}`)) {
      throw new AppError('invalid-argument', `${folder} has a file that is not of this data set: ${name}`, { hint: 'Choose another output folder.' });
    }
  }
}

async function generateMissing(options: GenerateOptions, folder: Folder, plan: readonly PlannedFile[], signal: AbortSignal): Promise<void> {
  const { scaleFactor, threads, clock } = options;
  const progress = new ProgressTracker(plan, folder.entries, SEGMENT_COUNT, options.onProgress ?? (() => {}));
  const missing = plan.filter((file) => !folder.entries.has(file.path)).sort((a, b) => b.estimatedRows - a.estimatedRows);
  if (missing.length === 0) return;
  const names = new Map<FileTask, string>();
  const tasks = missing.map(({ table, path, range, maxRowGroupRows }) => {
    const task: FileTask = { table, scaleFactor, range, maxRowGroupRows, path: join(folder.path, path) + PARTIAL };
    names.set(task, path);
    return task;
  });
  const manifests = serial();
  try {
    await runCrew({
      threads,
      tasks,
      textPool: options.textPool,
      clock,
      signal,
      onSegment: () => progress.segment(),
      onRows: (task, rows) => progress.rows(task.table, names.get(task) ?? '', rows),
      onDone: async (task, rows, bytes) => {
        const name = names.get(task) ?? '';
        await rename(task.path, join(dirname(task.path), name.slice(name.indexOf('/') + 1)));
        folder.entries.set(name, { rows, bytes });
        await manifests(() => writeManifest(folder.path, { scaleFactor, files: new Map([...folder.others, ...folder.entries]) }));
        progress.done(task.table, name, rows);
      },
    });
  } catch (error) {
    await Promise.all(tasks.map((task) => rm(task.path, { force: true })));
    throw error;
  }
}

/** Runs one operation after the other. */
function serial(): (operation: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (operation) => {
    last = last.then(operation);
    return last;
  };
}

function summary(table: TableName, folder: Folder, plan: readonly PlannedFile[]): GeneratedTable {
  const names = plan.filter((file) => file.table === table).map((file) => file.path);
  const sum = (field: keyof FileEntry): number => names.reduce((total, name) => total + (folder.entries.get(name)?.[field] ?? 0), 0);
  return { name: table, rows: sum('rows'), bytes: sum('bytes'), files: names.map((name) => join(folder.path, name)) };
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof AppError ? signal.reason : cancelled('generating TPC-H data');
}
