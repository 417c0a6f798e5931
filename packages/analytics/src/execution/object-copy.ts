/**
 * The sparse copy of one object for one query. Each scan adds the column chunks that it needs and that no scan before it
 * brought; DuckDB interprets nothing else. The planned version is compared with every answer: a copy never mixes two.
 *
 * Each addition gives the file another name, a hard link: DuckDB caches what it read by name, and it reads a few bytes
 * over the end of a chunk, where a later scan's chunk may begin.
 */
import { link } from 'node:fs/promises';
import { AppError } from '@pappus/core';
import { objectVersion } from '../catalog/s3-footers.ts';
import { createSparseFile, fillSparseFile, type Piece } from '../catalog/sparse-file.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { FetchBudget } from './fetch-budget.ts';
import { mergeSpans, planReads, subtractSpans, type FetchLimits, type Span } from './fetch-ranges.ts';
import type { FilePart } from './task.ts';

export interface CopyOptions {
  readonly store: ObjectStore;
  readonly budget: FetchBudget;
  readonly limits: FetchLimits;
}

export class ObjectCopy {
  readonly #path: string;
  readonly #options: CopyOptions;
  #made = false;
  #names = 0;
  /** Something was added since the last name was given. */
  #renew = true;
  #fetched: readonly Span[] = [];
  /** One scan after the other, so that the second one sees what the first one brought. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: CopyOptions, path: string) {
    this.#options = options;
    this.#path = path;
  }

  /** Resolves with the file's name when all that the part needs is in it; no read is under way any more when it rejects. */
  fetch(part: FilePart, signal: AbortSignal): Promise<string> {
    const fetching = this.#last.then(() => this.#fetch(part, signal));
    this.#last = fetching.then(() => {}, () => {});
    return fetching;
  }

  async #fetch(part: FilePart, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const reads = planReads(subtractSpans(mergeSpans(neededSpans(part)), this.#fetched), this.#options.limits);
    if (!this.#made) await createSparseFile(this.#path, part.sizeBytes, []);
    this.#made = true;
    if (reads.length > 0) {
      this.#renew = true;
      await this.#fill(part, reads, signal);
    }
    if (this.#renew) await link(this.#path, this.#name(++this.#names));
    this.#renew = false;
    return this.#name(this.#names);
  }

  #name(number: number): string {
    return `${this.#path}-${number}.parquet`;
  }

  async #fill(part: FilePart, reads: readonly Span[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    await fillSparseFile(this.#path, async (put) => {
      const pending = reads.map((span) => this.#read(part, span, put, either));
      await Promise.all(pending).catch(async (thrown: unknown) => {
        failed.abort(thrown);
        await Promise.allSettled(pending);
        throw signal.aborted ? signal.reason : thrown;
      });
    });
  }

  async #read(part: FilePart, span: Span, put: (piece: Piece) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { store, budget } = this.#options;
    const length = span.end - span.start;
    await budget.run(length, signal, async () => {
      const answer = await store.get(part.path, { offset: span.start, length }, signal).catch((thrown: unknown) => Promise.reject(this.#refused(part, thrown)));
      const version = objectVersion(answer.etag);
      if (answer.sizeBytes !== part.sizeBytes || (part.version !== '' && version !== part.version)) throw this.#changed(part);
      await put({ offset: span.start, bytes: answer.bytes });
    });
    this.#fetched = mergeSpans([...this.#fetched, span]);
  }

  /** A shorter object refuses ranges behind its end before it tells its version. */
  #refused(part: FilePart, thrown: unknown): unknown {
    return thrown instanceof AppError && thrown.code === 'invalid-argument' && thrown.message.includes('InvalidRange') ? this.#changed(part, thrown) : thrown;
  }

  #changed(part: FilePart, cause?: unknown): AppError {
    const message = `s3://${this.#options.store.bucket}/${part.path} was written while it was queried: it is no longer the version that was planned with`;
    return new AppError('corrupt-data', message, { cause, hint: 'Run the query again; the tables are looked up anew then.' });
  }
}

function neededSpans(part: FilePart): readonly Span[] {
  const spans = part.chunks.map(({ offset, bytes }) => ({ start: offset, end: offset + bytes }));
  return [...spans, { start: part.sizeBytes - part.footerBytes, end: part.sizeBytes }];
}
