/** The answer to an invocation: items as they arrive, or all of them. */
import { AppError, assert, cancelled } from '@pappus/core';
import { HEADERS } from '../schemas/invocation.ts';
import { readTar } from '../tar/tar-reader.ts';
import { parseProblem, ProblemError } from './problem-error.ts';

export interface OutputItem {
  readonly set: string;
  readonly name: string;
  readonly key: number;
  readonly data: Uint8Array;
}

export type OutputSets = ReadonlyMap<string, readonly OutputItem[]>;

export class Invocation {
  readonly id: string;
  /** Hash of the version that ran. */
  readonly version: string;
  readonly #response: Response;
  readonly #translate: (thrown: unknown) => unknown;
  /** Names of output sets that have shown up, also without items. */
  readonly #sets = new Set<string>();
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #isCancelled = false;

  constructor(response: Response, translate: (thrown: unknown) => unknown) {
    this.id = response.headers.get(HEADERS.invocation) ?? '';
    this.version = response.headers.get(HEADERS.version) ?? '';
    this.#response = response;
    this.#translate = translate;
  }

  /** Once: each item as soon as it is there. Throws a `ProblemError` where the invocation fails after the first items. */
  async *items(): AsyncGenerator<OutputItem, void, undefined> {
    assert(this.#reader === null || this.#isCancelled, 'the items of an invocation are read once');
    try {
      for await (const found of readTar(this.#chunks())) {
        if (found.kind === 'problem') throw this.#problem(found.json);
        this.#sets.add(found.set);
        if (found.kind === 'item') yield { set: found.set, name: found.name, key: found.key, data: found.data };
      }
    } catch (thrown) {
      throw this.#isCancelled ? cancelled(`the invocation ${this.id}`) : this.#translate(thrown);
    }
  }

  /** All items by set, in the order of the function's outputs. */
  async outputs(): Promise<OutputSets> {
    const sets = new Map<string, OutputItem[]>();
    for await (const item of this.items()) {
      const items = sets.get(item.set) ?? [];
      items.push(item);
      sets.set(item.set, items);
    }
    for (const name of this.#sets) if (!sets.has(name)) sets.set(name, []);
    return sets;
  }

  /** Ends the invocation if it still runs. Whoever waits for an item gets `cancelled`. */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    // A connection that broke has ended it already.
    await this.#open()?.cancel().catch(() => {});
  }

  /** By a reader of our own, which can be cancelled while it reads. */
  #chunks(): AsyncIterable<Uint8Array> {
    const reader = this.#open();
    if (reader === null) throw new AppError('protocol', 'the answer to an invocation has no body');
    const end = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      await reader.cancel();
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next: () => reader.read() as Promise<IteratorResult<Uint8Array, undefined>>, return: end }) };
  }

  #open(): ReadableStreamDefaultReader<Uint8Array> | null {
    return (this.#reader ??= this.#response.body?.getReader() ?? null);
  }

  #problem(json: string): AppError {
    const problem = parseProblem(json);
    return problem === null ? new AppError('protocol', 'the invocation failed, and the server gave no readable reason') : new ProblemError(problem);
  }
}
