/**
 * What one consuming fragment has been sent on one edge and has not read yet, in order of arrival.
 *
 *    deliver ──► [ frame, frame, ▓▓▓▓▓, ▓▓▓▓▓, frame ] ──► next
 *                  in memory      on disk
 *
 * A frame stays in memory while the worker's budget lasts and is spilled beyond it. It is *settled*, so that
 * its sender may send more, once it is in the budget, on disk, or read. Frames that wait for the disk are in
 * neither budget; the senders' windows bound them. When the spill budget is used up, a frame is settled only by
 * being read: that is the back-pressure.
 *
 * Invariant: a producer's frames leave in the order in which they came, whatever their place.
 */
import { AppError, assert, toAppError } from '@pappus/core';
import type { ByteBudget } from '../byte-budget.ts';
import type { Frame } from '../transport.ts';
import { SpillLane, type SpillSpace, type Ticket } from './spill-lane.ts';

/** What all inboxes of a worker share. */
export interface InboxResources {
  readonly memory: ByteBudget;
  readonly spill: SpillSpace;
}

type Entry = { readonly kind: 'held'; readonly frame: Frame } | { readonly kind: 'spilled'; readonly ticket: Ticket };

interface Waiter {
  resolve(frame: Frame | null): void;
  reject(error: Error): void;
}

/** Read entries are cut off the front of the queue in pieces of this many. */
const COMPACT_AFTER = 1_024;

export class Inbox {
  readonly #memory: ByteBudget;
  readonly #lane: SpillLane;
  /** Producers that have begun and not ended, with the call that stops them. */
  readonly #live = new Map<number, () => void>();
  readonly #ended = new Set<number>();
  readonly #whole = Promise.withResolvers<void>();
  #entries: Entry[] = [];
  #head = 0;
  #producers: number | null = null;
  #waiter: Waiter | null = null;
  #error: AppError | null = null;
  #closed = false;

  constructor(resources: InboxResources) {
    this.#memory = resources.memory;
    this.#lane = new SpillLane(resources.spill, (thrown) => this.fail(toAppError(thrown)));
    this.#whole.promise.catch(() => {}); // for most edges nobody asks
  }

  hasEnded(producer: number): boolean {
    return this.#ended.has(producer);
  }

  /** Resolves when every producer has ended: what happens to them then cannot harm the edge. Rejects when it failed before. */
  whole(): Promise<void> {
    return this.#whole.promise;
  }

  /** The reader is here, and knows how many producers there are. */
  claim(producers: number): void {
    assert(this.#producers === null, 'an edge has one reader for each consumer');
    this.#producers = producers;
    this.#noteWhole();
  }

  /** A producer begins; `stop` tells it that nobody reads any more. */
  begin(producer: number, stop: () => void): void {
    if (this.#live.has(producer) || this.#ended.has(producer)) {
      this.fail(new AppError('protocol', `producer ${producer} of an edge began twice`));
      return stop();
    }
    this.#live.set(producer, stop);
    if (this.#closed || this.#error !== null) stop();
  }

  /** Takes the frame over; calls `settle` once when the sender may send as many bytes again. */
  deliver(frame: Frame, settle: () => void): void {
    if (this.#closed || this.#error !== null) return settle();
    if (this.#waiter !== null) {
      this.#takeWaiter()?.resolve(frame);
      return settle();
    }
    if (this.#mayHold(frame.byteLength)) {
      this.#memory.take(frame.byteLength);
      this.#entries.push({ kind: 'held', frame });
      return settle();
    }
    this.#entries.push({ kind: 'spilled', ticket: this.#lane.add(frame, settle) });
  }

  /** The producer has no more frames. */
  end(producer: number): void {
    this.#ended.add(producer);
    this.#live.delete(producer);
    this.#noteWhole();
    if (this.#waiter !== null && this.#isComplete()) this.#takeWaiter()?.resolve(null);
  }

  /** Every later `next` rejects with this, and what is buffered is dropped; the first error wins. */
  fail(error: AppError): void {
    if (this.#error !== null || this.#closed) return;
    this.#error = error;
    this.#whole.reject(error);
    this.#takeWaiter()?.reject(error);
    this.#drop();
  }

  async next(): Promise<Frame | null> {
    assert(this.#waiter === null, 'one next at a time');
    if (this.#error !== null) throw this.#error;
    if (this.#closed) throw readerClosed();
    const entry = this.#entries[this.#head];
    if (entry !== undefined) return this.#take(entry);
    if (this.#isComplete()) return null;
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Idempotent. Frees memory and disk, and tells the producers to stop. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#whole.reject(readerClosed());
      this.#takeWaiter()?.reject(readerClosed());
      this.#drop();
    }
    await this.#lane.close();
  }

  /** An edge that nobody reads yet may fill half of the memory, so that the ones being read keep the rest. */
  #mayHold(bytes: number): boolean {
    return this.#memory.fits(this.#producers === null ? bytes + this.#memory.limit / 2 : bytes);
  }

  #isComplete(): boolean {
    return this.#head === this.#entries.length && this.#allEnded();
  }

  #allEnded(): boolean {
    return this.#producers !== null && this.#ended.size >= this.#producers;
  }

  #noteWhole(): void {
    if (this.#allEnded()) this.#whole.resolve();
  }

  #takeWaiter(): Waiter | null {
    const waiter = this.#waiter;
    this.#waiter = null;
    return waiter;
  }

  async #take(entry: Entry): Promise<Frame> {
    this.#head++;
    if (this.#head >= COMPACT_AFTER || this.#head === this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    if (entry.kind === 'held') {
      this.#memory.give(entry.frame.byteLength);
      return entry.frame;
    }
    try {
      return await this.#lane.take(entry.ticket);
    } catch (thrown) {
      this.fail(toAppError(thrown));
      throw this.#error ?? readerClosed();
    }
  }

  /** Nobody wants the rest. */
  #drop(): void {
    const rest = this.#entries.slice(this.#head);
    this.#entries = [];
    this.#head = 0;
    for (const entry of rest) {
      if (entry.kind === 'held') this.#memory.give(entry.frame.byteLength);
      else this.#lane.drop(entry.ticket);
    }
    for (const stop of this.#live.values()) stop();
  }
}

const readerClosed = (): AppError => new AppError('cancelled', 'the reader of an edge was closed');
