/**
 * A request body as the source of an invocation: its items go in as they arrive. The dispatcher says when to pause; then
 * nothing is read, and the client waits. But a client may send its whole body before it reads the first byte of its
 * answer, and both sides would wait for ever: so where it reads nothing for a while, its body is taken all the same.
 */
import type { Clock, Timer } from '@pappus/core';
import type { Inlet, InputSource } from '@pappus/platform';
import type { SetsForm } from '../formats/media-type.ts';
import { unknownSet } from '../formats/request-sets.ts';
import { streamedItems } from '../formats/streamed-items.ts';
import type { StreamedBody } from '../http/streamed-body.ts';
import { SENDS_FIRST_MS } from '../limits.ts';

export interface BodySourceOptions {
  readonly body: StreamedBody;
  readonly form: Exclude<SetsForm, 'raw'>;
  readonly contentType: string;
  /** Names of the input sets. */
  readonly inputs: readonly string[];
  readonly callee: string;
  /** Whether the client is to get more of its answer, and a number that grows as it takes it. */
  readonly answered: () => { readonly progress: number; readonly isBehind: boolean };
  /** Ends the invocation. */
  readonly fail: (reason: unknown) => void;
  readonly clock: Clock;
}

export class BodySource implements InputSource {
  readonly #options: BodySourceOptions;
  readonly #places: ReadonlyMap<string, number>;
  #paused = false;
  /** Pauses are over: the client sends before it reads. */
  #takesAll = false;
  #resume: (() => void) | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: BodySourceOptions) {
    this.#options = options;
    this.#places = new Map(options.inputs.map((name, place) => [name, place]));
  }

  /** Bytes of the body that have come. */
  get received(): number {
    return this.#options.body.arrival.received;
  }

  begin(inlet: Inlet): void {
    void this.#read(inlet);
  }

  pause(): void {
    if (this.#takesAll || this.#closed) return;
    this.#paused = true;
    this.#watch();
  }

  resume(): void {
    this.#paused = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#resume?.();
    this.#resume = null;
  }

  letGo(bytes: number): void {
    this.#options.body.letGo(bytes);
  }

  /** The invocation has ended. */
  close(): void {
    this.#closed = true;
    this.#options.body.close();
    this.resume();
  }

  async #read(inlet: Inlet): Promise<void> {
    const { body, form, contentType, fail } = this.#options;
    try {
      for await (const { set, item } of streamedItems(form, contentType, body.bytes)) {
        const place = this.#placeOf(set);
        if (item !== null) inlet.add(place, [item]);
        if (this.#paused) await new Promise<void>((resolve) => (this.#resume = resolve));
      }
      inlet.end();
    } catch (thrown) {
      if (!this.#closed) fail(thrown);
    }
  }

  #placeOf(set: string): number {
    const { inputs, callee } = this.#options;
    const place = this.#places.get(set);
    if (place === undefined) throw unknownSet(set, inputs, callee);
    return place;
  }

  /** Looks whether the client reads while it has to wait. */
  #watch(): void {
    const { clock, answered } = this.#options;
    const before = answered();
    this.#timer ??= clock.schedule(SENDS_FIRST_MS, () => {
      this.#timer = null;
      const now = answered();
      if (now.isBehind && now.progress === before.progress) {
        this.#takesAll = true;
        this.resume();
      } else if (this.#paused) this.#watch();
    }, { background: true });
  }
}
