/**
 * The frames of one inbox that are on their way to disk, on disk, or waiting for room there. Writes go in
 * batches, one at a time; the file's space is given back when nothing in it is wanted any more.
 */
import { assert } from '@pappus/core';
import type { ByteBudget } from '../byte-budget.ts';
import { SpillFile, type Extent } from '../spill-file.ts';
import { releaseFrame, type Frame } from '../transport.ts';

/** The disk space of a worker, and the lanes that wait for some. */
export interface SpillSpace {
  readonly folder: string;
  readonly budget: ByteBudget;
  readonly waiting: Set<SpillLane>;
}

/** One frame in a lane. */
export interface Ticket {
  readonly bytes: number;
  /** Null once the frame is only on disk. */
  frame: Frame | null;
  extent: Extent | null;
  /** Read, or given up. */
  taken: boolean;
  settle: () => void;
}

/** Frames that one write takes together. */
const BATCH_BYTES = 4 * 1024 * 1024;

export class SpillLane {
  readonly #space: SpillSpace;
  readonly #onError: (thrown: unknown) => void;
  readonly #file: SpillFile;
  #queue: Ticket[] = [];
  #writing = false;
  /** Tickets on disk, or in the batch that is being written. */
  #live = 0;
  #charged = 0;
  #closed = false;

  constructor(space: SpillSpace, onError: (thrown: unknown) => void) {
    this.#space = space;
    this.#onError = onError;
    this.#file = new SpillFile(space.folder);
  }

  /** Queues a frame for the disk; `settle` is called when it is there, or was taken. */
  add(frame: Frame, settle: () => void): Ticket {
    const ticket: Ticket = { bytes: frame.byteLength, frame, extent: null, taken: false, settle };
    this.#queue.push(ticket);
    this.resume();
    return ticket;
  }

  /** The ticket's frame, read back if it is only on disk. */
  async take(ticket: Ticket): Promise<Frame> {
    const { frame, extent } = ticket;
    ticket.taken = true;
    ticket.frame = null;
    if (frame !== null) {
      settle(ticket);
      return frame;
    }
    assert(extent !== null, 'a frame is in memory or on disk');
    try {
      return await this.#file.read(extent);
    } finally {
      this.#release(1);
    }
  }

  /** Gives a ticket's frame up. */
  drop(ticket: Ticket): void {
    if (ticket.taken) return;
    ticket.taken = true;
    ticket.frame = null;
    settle(ticket);
    if (ticket.extent !== null) this.#release(1);
  }

  /** Writes what waits, as far as the budget goes. */
  resume(): void {
    if (this.#writing || this.#closed || this.#queue.length === 0) return;
    this.#writing = true;
    this.#writeBatches().catch(this.#onError);
  }

  /** Idempotent. The caller has dropped or taken every ticket. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue = [];
    this.#space.waiting.delete(this);
    await this.#file.close();
  }

  async #writeBatches(): Promise<void> {
    try {
      for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) await this.#write(batch);
    } finally {
      this.#writing = false;
    }
  }

  async #write(batch: readonly Ticket[]): Promise<void> {
    let gone = batch.length;
    try {
      let { offset } = await this.#file.append(batch.map((ticket) => ticket.frame as Frame));
      for (const ticket of batch) {
        if (!ticket.taken) {
          ticket.extent = { offset, length: ticket.bytes };
          if (ticket.frame !== null) releaseFrame(ticket.frame);
          ticket.frame = null;
          gone--;
        }
        offset += ticket.bytes;
        settle(ticket);
      }
    } finally {
      this.#release(gone);
    }
  }

  #nextBatch(): Ticket[] {
    const { budget, waiting } = this.#space;
    this.#queue = this.#queue.filter((ticket) => !ticket.taken);
    const batch: Ticket[] = [];
    let bytes = 0;
    for (const ticket of this.#queue) {
      if ((bytes + ticket.bytes > BATCH_BYTES && batch.length > 0) || !budget.fits(bytes + ticket.bytes)) break;
      bytes += ticket.bytes;
      batch.push(ticket);
    }
    this.#queue.splice(0, batch.length);
    if (batch.length === 0 && this.#queue.length > 0) waiting.add(this);
    budget.take(bytes);
    this.#charged += bytes;
    this.#live += batch.length;
    return batch;
  }

  #release(tickets: number): void {
    this.#live -= tickets;
    if (this.#live > 0 || this.#charged === 0) return;
    const { budget, waiting } = this.#space;
    budget.give(this.#charged);
    this.#charged = 0;
    if (!this.#closed) this.#file.reset().catch(this.#onError);
    const others = [...waiting];
    waiting.clear();
    for (const lane of others) lane.resume();
  }
}

function settle(ticket: Ticket): void {
  const call = ticket.settle;
  ticket.settle = () => {};
  call();
}
