/** Prepared functions in the gateway, for threads that do not hold them yet: loaded once, however many ask, and dropped when the shelf is full. */
import { AppError } from '@pappus/core';
import type { FunctionHash } from '../functions/function-spec.ts';
import type { FunctionSource } from './compute-engine.ts';
import type { RegisteredFunction } from './preparation.ts';

export interface ShelvedFunction {
  readonly hash: FunctionHash;
  /** Its name on the channels to all threads. */
  readonly id: number;
  /** Null when it has to be loaded (again). */
  loaded: RegisteredFunction | null;
}

export interface ShelfLimits {
  readonly bytes: number;
  readonly functions: number;
}

export class FunctionShelf {
  readonly #source: FunctionSource;
  readonly #limits: ShelfLimits;
  /** Least recently wanted first. */
  readonly #functions = new Map<FunctionHash, ShelvedFunction>();
  readonly #loading = new Map<ShelvedFunction, Promise<void>>();
  #bytes = 0;
  #lastId = 0;

  constructor(source: FunctionSource, limits: ShelfLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  of(hash: FunctionHash): ShelvedFunction {
    const known = this.#functions.get(hash);
    if (known !== undefined) return known;
    this.#lastId += 1;
    const added: ShelvedFunction = { hash, id: this.#lastId, loaded: null };
    this.#functions.set(hash, added);
    return added;
  }

  /** Rejects with `not-found` when the function is gone. */
  load(wanted: ShelvedFunction): Promise<void> {
    const running = this.#loading.get(wanted);
    if (running !== undefined) return running;
    const loading = this.#load(wanted).finally(() => this.#loading.delete(wanted));
    this.#loading.set(wanted, loading);
    return loading;
  }

  async #load(wanted: ShelvedFunction): Promise<void> {
    if (wanted.loaded !== null) return;
    const found = await this.#source.load(wanted.hash);
    if (found === null) throw new AppError('not-found', `the function ${wanted.hash} is not registered any more`);
    const other = this.#functions.get(wanted.hash);
    if (other !== undefined) this.#unload(other);
    this.#functions.delete(wanted.hash);
    this.#functions.set(wanted.hash, wanted);
    wanted.loaded = found;
    this.#bytes += found.module.bytes.length;
    this.#makeRoom(wanted);
  }

  #unload(shelved: ShelvedFunction): void {
    this.#bytes -= shelved.loaded?.module.bytes.length ?? 0;
    shelved.loaded = null;
  }

  #makeRoom(keep: ShelvedFunction): void {
    for (const shelved of this.#functions.values()) {
      const full = this.#bytes > this.#limits.bytes;
      const many = this.#functions.size > this.#limits.functions;
      if (!full && !many) return;
      if (shelved === keep) continue;
      this.#unload(shelved);
      if (many) this.#functions.delete(shelved.hash);
    }
  }
}
