/** One producing fragment's end of a store edge: collects all consumers' rows, writes one object, announces it. */
import { AppError, assert, randomHex, toAppError, type Random } from '@pappus/core';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { MAX_FRAME_BYTES, MAX_OBJECTS_PER_PRODUCER } from '../limits.ts';
import type { Edge, ExchangeWriter, Frame } from '../transport.ts';
import { CombinedObject } from './combined-object.ts';
import type { ExchangeDirectory } from './directory.ts';
import { chooseLayout, edgeFolder, printObjectName } from './object-name.ts';

export interface StoreWriterOptions {
  readonly store: ObjectStore;
  readonly directory: ExchangeDirectory;
  readonly prefix: string;
  readonly edge: Edge;
  readonly producer: number;
  readonly memory: ByteBudget;
  readonly spillFolder: string;
  readonly maxObjectBytes: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

export class StoreWriter implements ExchangeWriter {
  readonly #options: StoreWriterOptions;
  readonly #attempt: string;
  readonly #keys: string[] = [];
  #object: CombinedObject;
  /** Operations run one after the other. */
  #tail: Promise<unknown> = Promise.resolve();
  #ended = false;
  #closed = false;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
    this.#attempt = randomHex(options.random, 6);
    this.#object = this.#newObject();
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  write(consumer: number, frame: Frame): Promise<void> {
    const { edge, signal, maxObjectBytes } = this.#options;
    assert(!this.#ended || signal.aborted, 'write after the end of an exchange writer');
    assert(consumer >= 0 && consumer < edge.consumers.length, `consumer ${consumer} of ${edge.consumers.length}`);
    assert(frame.byteLength > 0 && frame.byteLength <= MAX_FRAME_BYTES, `a frame of ${frame.byteLength} bytes`);
    return this.#inTurn(async () => {
      this.#throwIfClosed();
      if (this.#object.bytes > maxObjectBytes) await this.#put(false);
      await this.#object.add(consumer, frame);
    });
  }

  finish(): Promise<void> {
    const { directory, edge, producer, signal } = this.#options;
    assert(!this.#ended || signal.aborted, 'an exchange writer is ended once');
    this.#ended = true;
    return this.#inTurn(async () => {
      this.#throwIfClosed();
      if (this.#object.bytes > 0) await this.#put(true);
      await directory.announce(edge, producer, this.#keys, signal);
      await this.close();
    });
  }

  async abort(error: Error): Promise<void> {
    this.#ended = true;
    await this.#options.directory.abort(this.#options.edge, toAppError(error));
    await this.close();
  }

  /** Frees memory and disk; idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd();
    await this.#object.close();
  }

  #throwIfClosed(): void {
    this.#options.signal.throwIfAborted();
    if (this.#closed) throw new AppError('cancelled', `query ${this.#options.edge.query} is over`);
  }

  readonly #onAbort = (): void => void this.close().catch(() => {});

  #newObject(): CombinedObject {
    const { edge, memory, spillFolder } = this.#options;
    return new CombinedObject(edge.consumers.length, memory, spillFolder);
  }

  async #put(last: boolean): Promise<void> {
    const { store, prefix, edge, producer, signal } = this.#options;
    const sequence = this.#keys.length;
    if (sequence >= MAX_OBJECTS_PER_PRODUCER) {
      throw new AppError('resource-exhausted', `fragment ${producer} wrote more than ${MAX_OBJECTS_PER_PRODUCER} objects for edge ${edge.edge}`, { hint: 'Use more workers.' });
    }
    const layout = chooseLayout(this.#object.sizes);
    const key = edgeFolder(prefix, edge.query, edge.edge) + printObjectName({ producer, attempt: this.#attempt, sequence, last, layout });
    await store.put(key, this.#object.body(layout), signal);
    this.#keys.push(key);
    await this.#object.close();
    this.#object = this.#newObject();
  }

  #inTurn(operation: () => Promise<void>): Promise<void> {
    const result = this.#tail.then(operation);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
