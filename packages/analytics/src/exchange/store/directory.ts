/**
 * Who has written what: producers announce the objects of an edge, consumers wait until all have. The execution
 * layer implements it over its control channel, which costs no request; `ListDirectory` asks the store.
 */
import { abortable, AppError } from '@pappus/core';
import type { Edge } from '../transport.ts';

export interface ExchangeDirectory {
  /**
   * The producing fragment has written these objects (whole keys, in order; none when it had no rows). The first
   * announcement of a producer stands: when a fragment ran twice, every consumer reads the same attempt.
   */
  announce(edge: Edge, producer: number, keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** The keys by producer, once all have announced. Rejects with the error of `abort`. */
  lookup(edge: Edge, signal: AbortSignal): Promise<readonly (readonly string[])[]>;
  /** Makes every lookup of the edge fail. */
  abort(edge: Edge, error: AppError): Promise<void>;
}

interface Entry {
  readonly keys: Map<number, readonly string[]>;
  readonly complete: PromiseWithResolvers<readonly (readonly string[])[]>;
}

/** For workers within one process: tests, and the driver's side of a control channel. */
export class MemoryDirectory implements ExchangeDirectory {
  readonly #entries = new Map<string, Entry>();

  async announce(edge: Edge, producer: number, keys: readonly string[]): Promise<void> {
    const entry = this.#entry(edge);
    if (!entry.keys.has(producer)) entry.keys.set(producer, keys);
    if (entry.keys.size === edge.producers.length) entry.complete.resolve(edge.producers.map((_, number) => entry.keys.get(number) ?? []));
  }

  lookup(edge: Edge, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
    return abortable(this.#entry(edge).complete.promise, signal);
  }

  async abort(edge: Edge, error: AppError): Promise<void> {
    this.#entry(edge).complete.reject(error);
  }

  /** Forgets a query's edges. */
  endQuery(query: string): void {
    for (const [name, { complete }] of this.#entries) {
      if (!name.startsWith(`${query}/`)) continue;
      complete.reject(new AppError('cancelled', `query ${query} is over`));
      this.#entries.delete(name);
    }
  }

  #entry(edge: Edge): Entry {
    const name = `${edge.query}/${edge.edge}`;
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { keys: new Map(), complete: Promise.withResolvers() };
      entry.complete.promise.catch(() => {}); // an error that nobody waits for yet
      this.#entries.set(name, entry);
    }
    return entry;
  }
}
