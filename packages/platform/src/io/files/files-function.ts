/**
 * Files(requests) => (contents): each item of `requests` is a path below the configured folder, or a pattern of paths
 * (file-pattern.ts); each file is an item of `contents`, under its relative path as name and its request's key.
 *
 * A path that isn't there fails the run; a pattern that nothing fits gives nothing, and leaves out what may not be read.
 * The folder is only read. Files come in the order of the requests, and within a pattern in the order of their names.
 */
import { AppError, assert } from '@pappus/core';
import { itemNameProblem } from '../../sets/item-name.ts';
import type { Item } from '../../sets/item.ts';
import { byteBudget, type ByteBudget } from '../byte-budget.ts';
import { concurrentMap } from '../concurrent-map.ts';
import { failed, failureOf, ioFailure, type IoContext, type IoFailure, type IoFunction, type IoOutcome } from '../io-function.ts';
import { DEFAULT_FILES, DEFAULT_FILES_AT_ONCE_BYTES, DEFAULT_FILES_BYTES, DEFAULT_FILE_BYTES, FILES_READ_AT_ONCE, MAX_VISITED_ENTRIES } from '../limits.ts';
import { FileProblem, isOfOneFile } from './file-problem.ts';
import { parseFilePattern, type FilePattern } from './file-pattern.ts';
import { FileWalk, type WalkBudget } from './file-walk.ts';
import { readFolderFile, realFolder } from './folder-reader.ts';

export interface FilesFunctionOptions {
  readonly folder: string;
  /** Most bytes of one file. */
  readonly fileBytes?: number;
  /** Most bytes of all files of one run. */
  readonly filesBytes?: number;
  /** Most bytes of the files of all runs that are under way. */
  readonly filesAtOnceBytes?: number;
  /** Most files of one run. */
  readonly files?: number;
}

interface Settings extends Required<FilesFunctionOptions> {
  /** Of all runs. */
  readonly budget: ByteBudget;
}

interface Wanted {
  readonly path: string;
  readonly key: number;
  /** The request's name, for messages. */
  readonly request: string;
  readonly exact: boolean;
}

/** Rejects with `not-found` where there is no such folder: better now than in the first invocation. */
export async function openFilesFunction(options: FilesFunctionOptions): Promise<IoFunction> {
  await realFolder(options.folder);
  return filesFunction(options);
}

export function filesFunction(options: FilesFunctionOptions): IoFunction {
  const limits = { fileBytes: DEFAULT_FILE_BYTES, filesBytes: DEFAULT_FILES_BYTES, filesAtOnceBytes: DEFAULT_FILES_AT_ONCE_BYTES, files: DEFAULT_FILES, ...options };
  for (const limit of [limits.fileBytes, limits.filesBytes, limits.filesAtOnceBytes, limits.files]) assert(Number.isSafeInteger(limit) && limit > 0, `a limit of the Files function is ${limit}`);
  const settings: Settings = { ...limits, budget: byteBudget(limits.filesAtOnceBytes) };
  return {
    name: 'Files',
    signature: { inputs: ['requests'], outputs: ['contents'] },
    async run(inputs, context) {
      context.signal.throwIfAborted();
      const requests = inputs[0]?.items ?? [];
      const patterns = parsePatterns(requests);
      if ('kind' in patterns) return failed(patterns);
      return await readRequests(requests, patterns, settings, context);
    },
    stop: async () => {},
  };
}

function parsePatterns(requests: readonly Item[]): readonly FilePattern[] | IoFailure {
  const patterns: FilePattern[] = [];
  for (const { name, data } of requests) {
    const parsed = parseFilePattern(data);
    if (parsed.kind === 'malformed') return ioFailure('invalid-argument', name, `the path ${parsed.problem}`);
    patterns.push(parsed.pattern);
  }
  return patterns;
}

async function readRequests(requests: readonly Item[], patterns: readonly FilePattern[], settings: Settings, context: IoContext): Promise<IoOutcome> {
  let at: string | null = null;
  const reserve = new FileReserve(settings);
  try {
    const root = await realFolder(settings.folder);
    const budget: WalkBudget = { entries: MAX_VISITED_ENTRIES, files: settings.files };
    const wanted: Wanted[] = [];
    for (const [index, pattern] of patterns.entries()) {
      const { name, key } = requests[index] as Item;
      at = name;
      for (const path of await pathsOf(pattern, root, budget, context.signal)) wanted.push({ path, key, request: name, exact: pattern.exact });
    }
    at = null;
    const read = await concurrentMap(wanted, FILES_READ_AT_ONCE, context.signal, (file, _, signal) => readOne(root, file, reserve, context, signal));
    return { kind: 'done', outputs: [{ name: 'contents', items: read.filter((item) => item !== null) }] };
  } catch (thrown) {
    if (context.signal.aborted) throw context.signal.reason;
    if (thrown instanceof FailedRequest) return failed(failureOf(thrown.error, thrown.request));
    return failed(failureOf(thrown, at));
  } finally {
    reserve.end();
  }
}

/** An error together with the request that it belongs to. */
class FailedRequest extends Error {
  readonly error: unknown;
  readonly request: string;
  constructor(error: unknown, request: string) {
    super('a Files request failed', { cause: error });
    this.error = error;
    this.request = request;
  }
}

async function pathsOf(pattern: FilePattern, root: string, budget: WalkBudget, signal: AbortSignal): Promise<readonly string[]> {
  if (!pattern.exact) return await new FileWalk(root, budget, signal).find(pattern);
  if (budget.files-- <= 0) throw new AppError('resource-exhausted', 'the requests name more files than one run may read');
  return [pattern.text];
}

/** Null for a file that a pattern found and that is not one to be read after all. */
async function readOne(root: string, { path, key, request, exact }: Wanted, reserve: FileReserve, context: IoContext, signal: AbortSignal): Promise<Item | null> {
  try {
    const problem = itemNameProblem(path);
    if (problem !== null) throw new FileProblem('invalid-argument', problem);
    const { data } = await readFolderFile(root, path, (bytes) => reserve.take(path, bytes), signal);
    return { name: path, key, data };
  } catch (thrown) {
    if (exact || !isOfOneFile(thrown)) throw new FailedRequest(thrown, request);
    context.logger.log('warn', 'a file that fits a pattern was left out', { invocation: context.invocation, path, reason: thrown.message });
    return null;
  }
}

/** Bytes of the files of one run, within its limits and those of all runs. */
class FileReserve {
  readonly #settings: Settings;
  #taken = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  take(path: string, bytes: number): void {
    const { fileBytes, filesBytes, filesAtOnceBytes, budget } = this.#settings;
    if (bytes > fileBytes) throw new AppError('resource-exhausted', `${path} has ${bytes} bytes, of which ${fileBytes} are allowed`);
    if (this.#taken + bytes > filesBytes) throw new AppError('resource-exhausted', `the files of this run have more than ${filesBytes} bytes together`);
    if (!budget.take(bytes)) throw new AppError('resource-exhausted', `${path}: all runs together read more than ${filesAtOnceBytes} bytes of files at this moment`, { retryable: true });
    this.#taken += bytes;
  }

  end(): void {
    this.#settings.budget.give(this.#taken);
    this.#taken = 0;
  }
}
