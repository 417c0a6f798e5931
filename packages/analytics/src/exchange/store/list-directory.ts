/**
 * A directory without a control channel, by listing the edge's folder until every producer's last object is
 * there, as Lambada polls. Each look costs a LIST request. When a fragment ran twice, the complete attempt with
 * the smallest name counts; a consumer that looked before it was complete may have taken another, so this is for
 * fragments that are not run again, or whose output is the same each time.
 */
import { AppError, sleep, type Clock } from '@pappus/core';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { decodeError, encodeError } from '../direct/protocol.ts';
import type { Edge } from '../transport.ts';
import type { ExchangeDirectory } from './directory.ts';
import { edgeFolder, parseObjectName } from './object-name.ts';

const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 250;
const ABORTED = 'aborted';
const NOTHING = /\/p(\d+)\.none$/;

export class ListDirectory implements ExchangeDirectory {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #clock: Clock;

  constructor(store: ObjectStore, prefix: string, clock: Clock) {
    this.#store = store;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  /** The objects announce themselves by their names; only their absence has to be said. */
  async announce(edge: Edge, producer: number, keys: readonly string[], signal: AbortSignal): Promise<void> {
    if (keys.length === 0) await this.#store.put(`${this.#folder(edge)}p${producer}.none`, new Uint8Array(0), signal);
  }

  async lookup(edge: Edge, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * 1.5, LAST_POLL_MS)) {
      const keys: string[] = [];
      for await (const { key } of this.#store.list(this.#folder(edge), signal)) keys.push(key);
      await this.#throwIfAborted(edge, keys, signal);
      const found = completeAttempts(keys, edge.producers.length);
      if (found !== null) return found;
      await sleep(this.#clock, waitMs, signal);
    }
  }

  async abort(edge: Edge, error: AppError): Promise<void> {
    await this.#store.put(this.#folder(edge) + ABORTED, encodeError(error), new AbortController().signal);
  }

  async #throwIfAborted(edge: Edge, keys: readonly string[], signal: AbortSignal): Promise<void> {
    const key = this.#folder(edge) + ABORTED;
    if (keys.includes(key)) throw decodeError((await this.#store.get(key, null, signal)).bytes);
  }

  #folder(edge: Edge): string {
    return edgeFolder(this.#prefix, edge.query, edge.edge);
  }
}

/** The keys of one whole attempt for each producer, or null while one is missing. Keys come sorted. */
export function completeAttempts(keys: readonly string[], producers: number): readonly (readonly string[])[] | null {
  const attempts = new Map<string, { readonly producer: number; readonly keys: string[]; expected: number }>();
  const found = new Map<number, readonly string[]>();
  for (const key of keys) {
    const nothing = NOTHING.exec(key);
    if (nothing !== null) found.set(Number(nothing[1]), []);
    if (nothing !== null || key.endsWith(`/${ABORTED}`)) continue;
    const { producer, attempt, sequence, last } = parseObjectName(key);
    const entry = attempts.get(`${producer}.${attempt}`) ?? { producer, keys: [], expected: Number.POSITIVE_INFINITY };
    attempts.set(`${producer}.${attempt}`, entry);
    entry.keys[sequence] = key;
    if (last) entry.expected = sequence + 1;
  }
  for (const { producer, keys: ownKeys, expected } of attempts.values()) {
    const count = Object.keys(ownKeys).length;
    if (count === expected && !found.has(producer)) found.set(producer, ownKeys);
  }
  if (found.size < producers) return null;
  return Array.from({ length: producers }, (_, producer) => found.get(producer) ?? []);
}
