/**
 * Results of pure functions, kept in memory up to a number of bytes. The same function on the same inputs at the same
 * time is computed once, and whoever asks meanwhile waits for it; it is given up when the last of them has left. What
 * fails is handed to those who wait and not kept. All share the bytes of a result: they are read, never written.
 */
import { abortable, cancelled } from '@pappus/core';
import type { FunctionHash } from '../functions/function-spec.ts';
import type { Item, Sets } from '../sets/item.ts';
import { ByteLru } from './byte-lru.ts';
import { DEFAULT_RESULT_CACHE_BYTES, ENTRY_OVERHEAD_BYTES, ITEM_OVERHEAD_BYTES, MAX_COUNTED_FUNCTIONS, MAX_RESULT_FRACTION } from './limits.ts';
import type { ResultKey } from './result-key.ts';

export interface ResultCacheOptions {
  readonly maxBytes?: number;
}

export interface Computation<R> {
  /** The caller's: who leaves does not end what others wait for. */
  readonly signal: AbortSignal;
  readonly compute: (signal: AbortSignal) => Promise<R>;
  /** The outputs to keep, or null for a failure. */
  readonly outputsOf: (result: R) => Sets | null;
}

export type Memoized<R> =
  | { readonly kind: 'kept'; readonly outputs: Sets }
  | { readonly kind: 'computed'; readonly result: R }
  /** Somebody else's computation, whose logs and times are not the caller's. */
  | { readonly kind: 'joined'; readonly result: R };

export interface HitCounts {
  readonly hits: number;
  readonly joined: number;
  readonly misses: number;
}

export interface ResultCacheStats extends HitCounts {
  readonly bytes: number;
  readonly entries: number;
  readonly evictions: number;
  readonly computing: number;
}

type Counter = { -readonly [K in keyof HitCounts]: HitCounts[K] };

interface Flight {
  readonly promise: Promise<unknown>;
  readonly controller: AbortController;
  waiting: number;
}

export class ResultCache {
  readonly #kept: ByteLru<Sets>;
  readonly #maxResultBytes: number;
  readonly #flights = new Map<string, Flight>();
  readonly #total: Counter = newCounter();
  readonly #counters = new Map<FunctionHash, Counter>();

  constructor({ maxBytes = DEFAULT_RESULT_CACHE_BYTES }: ResultCacheOptions = {}) {
    this.#kept = new ByteLru(maxBytes);
    this.#maxResultBytes = maxBytes * MAX_RESULT_FRACTION;
  }

  /** Rejects as `compute` does, for everybody who waits, or with the caller's reason. */
  async run<R>(key: ResultKey, computation: Computation<R>): Promise<Memoized<R>> {
    const { signal } = computation;
    signal.throwIfAborted();
    const outputs = this.#kept.get(key.text);
    if (outputs !== undefined) {
      this.#count(key, 'hits');
      return { kind: 'kept', outputs };
    }
    const running = this.#flights.get(key.text);
    this.#count(key, running === undefined ? 'misses' : 'joined');
    const flight = running ?? this.#start(key.text, computation);
    const result = (await this.#wait(key.text, flight, signal)) as R;
    return { kind: running === undefined ? 'computed' : 'joined', result };
  }

  stats(): ResultCacheStats {
    return { ...this.#total, bytes: this.#kept.bytes, entries: this.#kept.size, evictions: this.#kept.evictions, computing: this.#flights.size };
  }

  /** Of one function since the start. */
  statsOf(hash: FunctionHash): HitCounts {
    return { ...(this.#counters.get(hash) ?? newCounter()) };
  }

  clear(): void {
    this.#kept.clear();
  }

  #start<R>(key: string, { compute, outputsOf }: Computation<R>): Flight {
    const controller = new AbortController();
    const land = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const promise = compute(controller.signal).then((result) => {
      land();
      const outputs = outputsOf(result);
      if (outputs !== null) this.#keep(key, outputs);
      return result;
    });
    promise.catch(land);
    const flight: Flight = { promise, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #wait(key: string, flight: Flight, signal: AbortSignal): Promise<unknown> {
    flight.waiting += 1;
    try {
      return await abortable(flight.promise, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key);
        flight.controller.abort(cancelled('a computation that nobody waits for any more'));
      }
    }
  }

  #keep(key: string, outputs: Sets): void {
    const sizes = measure(outputs);
    if (sizes.total <= this.#maxResultBytes) this.#kept.set(key, packed(outputs, sizes.data), sizes.total);
  }

  #count(key: ResultKey, what: keyof Counter): void {
    this.#total[what] += 1;
    let counter = this.#counters.get(key.function);
    if (counter === undefined) {
      if (this.#counters.size >= MAX_COUNTED_FUNCTIONS) return;
      counter = newCounter();
      this.#counters.set(key.function, counter);
    }
    counter[what] += 1;
  }
}

const newCounter = (): Counter => ({ hits: 0, joined: 0, misses: 0 });

function measure(sets: Sets): { readonly total: number; readonly data: number } {
  let data = 0;
  let rest = ENTRY_OVERHEAD_BYTES;
  for (const { name, items } of sets) {
    rest += ITEM_OVERHEAD_BYTES + 2 * name.length;
    for (const item of items) {
      data += item.data.byteLength;
      rest += ITEM_OVERHEAD_BYTES + 2 * item.name.length;
    }
  }
  return { total: data + rest, data };
}

/** A copy in one buffer of its own: items are views of whatever they came in, which would stay alive with them. */
function packed(sets: Sets, dataBytes: number): Sets {
  const buffer = new Uint8Array(dataBytes);
  let at = 0;
  const pack = ({ name, key, data }: Item): Item => {
    const copy = buffer.subarray(at, at + data.byteLength);
    copy.set(data);
    at += data.byteLength;
    return { name, key, data: copy };
  };
  return sets.map(({ name, items }) => ({ name, items: items.map(pack) }));
}
