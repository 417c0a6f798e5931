/** Tables that are objects: of each file that a scan reads, the needed column chunks are fetched into a sparse copy, which is gone when the query ends. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled } from '@pappus/core';
import { Gate } from '../object-store/gate.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { FetchBudget } from './fetch-budget.ts';
import type { FetchLimits } from './fetch-ranges.ts';
import { DEFAULT_FETCH_LIMITS, MAX_FILES_FETCHED_AT_ONCE } from './limits.ts';
import { ObjectCopy, type CopyOptions } from './object-copy.ts';
import type { FilePart, ScanTask } from './task.ts';
import type { ScanSource } from './worker.ts';

export interface S3ScansOptions {
  readonly store: ObjectStore;
  /** Where the copies go; made when it is not there. */
  readonly folder: string;
  /** Bytes of reads that may be on the way at the same time. */
  readonly memoryBytes: number;
  readonly limits?: FetchLimits;
}

export class S3Scans implements ScanSource {
  readonly #folder: string;
  readonly #copyOptions: CopyOptions;
  readonly #queries = new Map<string, QueryCopies>();

  constructor({ store, folder, memoryBytes, limits = DEFAULT_FETCH_LIMITS }: S3ScansOptions) {
    this.#folder = folder;
    this.#copyOptions = { store, budget: new FetchBudget(memoryBytes), limits };
  }

  async paths(task: ScanTask, query: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#copies(query).paths(task.parts, signal);
  }

  ahead(tasks: readonly ScanTask[], query: string, signal: AbortSignal): void {
    const copies = this.#copies(query);
    const inOrder = async (): Promise<void> => {
      for (const task of tasks) await copies.paths(task.parts, signal);
    };
    inOrder().catch(() => {}); // `paths` meets the same failure, and says so
  }

  #copies(query: string): QueryCopies {
    let copies = this.#queries.get(query);
    if (copies === undefined) this.#queries.set(query, (copies = new QueryCopies(this.#copyOptions, join(this.#folder, query))));
    return copies;
  }

  async endQuery(query: string): Promise<void> {
    const copies = this.#queries.get(query);
    this.#queries.delete(query);
    await copies?.end(cancelled(`query ${query}`));
  }
}

/** The copies of one query; its fragments share them. */
class QueryCopies {
  readonly #options: CopyOptions;
  readonly #folder: string;
  readonly #copies = new Map<string, ObjectCopy>();
  readonly #ended = new AbortController();
  readonly #gate = new Gate(MAX_FILES_FETCHED_AT_ONCE);
  readonly #pending = new Set<Promise<unknown>>();
  #made: Promise<unknown> | null = null;

  constructor(options: CopyOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  async paths(parts: readonly FilePart[], signal: AbortSignal): Promise<readonly string[]> {
    const failed = new AbortController();
    const any = AbortSignal.any([signal, failed.signal, this.#ended.signal]);
    this.#made ??= mkdir(this.#folder, { recursive: true });
    await this.#made;
    const fetching = parts.map((part) => this.#track(this.#gate.run(any, () => this.#copy(part).fetch(part, any))));
    try {
      return await Promise.all(fetching);
    } catch (thrown) {
      failed.abort(thrown);
      await Promise.allSettled(fetching);
      throw thrown;
    }
  }

  /** Waits for reads that are under way; then nothing writes below the folder any more. */
  async end(reason: Error): Promise<void> {
    this.#ended.abort(reason);
    await this.#made?.catch(() => {});
    await Promise.allSettled(this.#pending);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #copy(part: FilePart): ObjectCopy {
    let copy = this.#copies.get(part.path);
    if (copy === undefined) this.#copies.set(part.path, (copy = new ObjectCopy(this.#options, join(this.#folder, `object-${this.#copies.size}`))));
    return copy;
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const forget = (): boolean => this.#pending.delete(work);
    work.then(forget, forget);
    return work;
  }
}
