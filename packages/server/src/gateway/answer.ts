/**
 * The answer to one invocation in the form that the client asked for. Multipart, tar and frames begin with the first items
 * that are final, or go out as a whole where all is there at once. Where the client has no wish, the bytes of a single item
 * are the answer, so nothing is sent before a second one shows up.
 */
import type { ServerResponse } from 'node:http';
import { HEADERS, MEDIA_TYPES, type Problem } from '@pappus/api';
import { randomHex, type CancelSignal, type Clock, type Random } from '@pappus/core';
import { encodeSets, lengthOf, type Item, type OutputSink, type Sets, type Version } from '@pappus/platform';
import type { OutputForm } from '../formats/media-type.ts';
import { frameEncoder, multipartEncoder, tarEncoder, type SetsEncoder } from '../formats/sets-encoder.ts';
import { encodedWhole, jsonWhole, notAcceptable, type WholeBody } from '../formats/whole-sets.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { endWith, endWithPieces, inTurn, writePieces, type FlatHeaders } from '../http/send.ts';
import { JOIN_BELOW_BYTES, LINGER_MS } from '../limits.ts';

export interface AnswerOptions {
  readonly response: ServerResponse;
  readonly invocation: string;
  readonly version: Version;
  /** Names of the output sets. */
  readonly outputs: readonly string[];
  readonly form: OutputForm;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the invocation: its deadline holds until the answer has left. */
  readonly signal: CancelSignal;
  /** Of all answers. */
  readonly memory: BodyMemory;
  /** Ends an invocation that can't be answered in the form asked for. */
  readonly refuse: (reason: unknown) => void;
}

/** Items that are final, and that nobody else needs when they are written. */
interface Batch {
  readonly set: string;
  readonly items: readonly Item[];
  readonly bytes: number;
  readonly sent: () => void;
}

export class Answer implements OutputSink {
  readonly #options: AnswerOptions;
  #encoder: SetsEncoder | null = null;
  readonly #waiting: Batch[] = [];
  readonly #seen = new Set<number>();
  #items = 0;
  /** Item bytes that are in the answer. */
  #bytes = 0;
  /** Taken of the memory of answers. */
  #held = 0;
  #closed = false;
  /** The answer goes out item by item. */
  #streaming = false;
  #writing = false;
  #progress = 0;
  #written: Promise<void> = Promise.resolve();
  #error: unknown = null;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Items wait for the client. */
  get isBehind(): boolean {
    return this.#writing;
  }

  /** Grows whenever the client has taken something. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether outputs are sent as they become final. JSON needs all at once; a function has all at once. */
  static streams(form: OutputForm, version: Version): boolean {
    return version.kind === 'composition' && form !== 'json';
  }

  /** Items that are not sent before there are more of them keep nobody waiting. */
  take(output: number, items: readonly Item[], sent: () => void): void {
    if (this.#closed) return;
    const { form, refuse, outputs } = this.#options;
    this.#seen.add(output);
    this.#items += items.length;
    if (form === 'raw' && this.#items > 1) return refuse(severalItems(this.#items));
    const bytes = bytesOf(items);
    try {
      this.#hold(bytes);
    } catch (thrown) {
      return refuse(thrown);
    }
    this.#waiting.push({ set: outputs[output] ?? '', items, bytes, sent });
    this.#streaming ||= form === 'tar' || form === 'multipart' || form === 'frame' || this.#items > 1;
    if (!this.#streaming) sent();
    else if (!this.#writing) this.#written = this.#write();
  }

  /** Ends the answer; `rest` are the outputs where they were not taken one by one. Rejects when the client is gone. */
  async finish(rest: Sets, timing: string | null): Promise<void> {
    const { response, outputs } = this.#options;
    if (!this.#streaming) return this.#whole(this.#collected(rest), timing);
    await this.#written;
    if (this.#error !== null) throw this.#error;
    const encoder = this.#start();
    const empty = outputs.filter((_, index) => !this.#seen.has(index)).map((name) => encoder.emptySet(name));
    await endWith(response, Buffer.concat([...empty, encoder.end()]), this.#options);
  }

  /** True where the failure is told in what was begun; the connection then ends, so that nobody takes it for the whole. */
  async fail(problem: Problem): Promise<boolean> {
    if (!this.#streaming) return false;
    await this.#written;
    const { response, clock } = this.#options;
    if (response.destroyed || this.#encoder === null) return true;
    // The client may still be sending: to end the connection at once could take from it what it has not read.
    inTurn(response, () => {
      const timer = clock.schedule(LINGER_MS, () => response.destroy(), { background: true });
      response.once('close', () => timer.cancel());
    });
    response.write(this.#encoder.failure(problem), () => response.socket?.end());
    return true;
  }

  /** Nothing of it is sent any more. */
  close(): void {
    this.#closed = true;
    this.#letGo(this.#held);
  }

  #hold(bytes: number): void {
    this.#options.memory.take(bytes);
    this.#held += bytes;
  }

  #letGo(bytes: number): void {
    this.#options.memory.release(bytes);
    this.#held -= bytes;
  }

  #collected(rest: Sets): Sets {
    if (this.#waiting.length === 0) return rest;
    return rest.map(({ name }) => ({ name, items: this.#waiting.filter(({ set }) => set === name).flatMap(({ items }) => items) }));
  }

  /** Everything in one answer of known length. */
  async #whole(sets: Sets, timing: string | null): Promise<void> {
    const { response } = this.#options;
    for (const { items } of sets) this.#bytes += bytesOf(items);
    const single = onlyItem(sets);
    const body = single === null ? this.#body(sets) : null;
    if (single !== null && this.#sendsItemAlone()) return this.#single(single, timing);
    const { contentType, pieces, bytes } = body ?? this.#body(sets);
    this.#holdWhole(bytes);
    response.writeHead(200, this.#headers(contentType, bytes, timing) as string[]);
    const [only = EMPTY, ...others] = pieces;
    await (others.length === 0 ? endWith(response, only, this.#options) : endWithPieces(response, pieces, this.#options));
  }

  /** What is short is written at once; what was taken as an output counts already. */
  #holdWhole(bytes: number): void {
    if (bytes > JOIN_BELOW_BYTES && this.#held < bytes) this.#hold(bytes - this.#held);
  }

  #sendsItemAlone(): boolean {
    const { form } = this.#options;
    return form === 'default' || form === 'raw';
  }

  /** The usual case: one small item, one write. */
  #single({ key, data }: Item, timing: string | null): Promise<void> {
    const { response } = this.#options;
    this.#holdWhole(data.length);
    const headers = this.#headers(MEDIA_TYPES.bytes, data.length, timing);
    if (key !== 0) headers.push(HEADERS.key, key);
    response.writeHead(200, headers as string[]);
    return endWith(response, data, this.#options);
  }

  #body(sets: Sets): WholeBody {
    const { form, invocation, version } = this.#options;
    switch (form) {
      case 'raw':
        if (countOf(sets) === 0) return { contentType: MEDIA_TYPES.bytes, pieces: [], bytes: 0 };
        throw severalItems(countOf(sets));
      case 'json':
        return jsonWhole(invocation, version.name, version.hash, sets);
      case 'frame': {
        const pieces = encodeSets(sets);
        return { contentType: MEDIA_TYPES.frame, pieces, bytes: lengthOf(pieces) };
      }
      default:
        return encodedWhole(sets, this.#chosen());
    }
  }

  #headers(contentType: string, bytes: number | null, timing: string | null): FlatHeaders {
    const { invocation, version } = this.#options;
    const headers: FlatHeaders = ['Content-Type', contentType, HEADERS.invocation, invocation, HEADERS.version, version.hash];
    if (bytes !== null) headers.push('Content-Length', bytes);
    if (timing !== null) headers.push('Server-Timing', timing);
    return headers;
  }

  /** The id of the invocation can be guessed; what ends a part must not be. */
  #chosen(): SetsEncoder {
    const { form, random } = this.#options;
    this.#encoder ??= form === 'tar' ? tarEncoder : form === 'frame' ? frameEncoder : multipartEncoder(`pappus-${randomHex(random, BOUNDARY_BYTES)}`);
    return this.#encoder;
  }

  #start(): SetsEncoder {
    const encoder = this.#chosen();
    const { response } = this.#options;
    if (!response.headersSent) response.writeHead(200, this.#headers(encoder.contentType, null, null) as string[]);
    return encoder;
  }

  /** Writes what waits, as fast as the client reads, and lets go of it. Never rejects: `finish` tells. */
  async #write(): Promise<void> {
    const { response, refuse } = this.#options;
    this.#writing = true;
    try {
      const encoder = this.#start();
      for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
        const { set, items, bytes, sent } = batch;
        await writePieces(response, items.flatMap((item) => [encoder.head(set, item), item.data, encoder.tail(item)]), this.#options, () => this.#progress++);
        this.#bytes += bytes;
        this.#letGo(bytes);
        sent();
      }
    } catch (thrown) {
      this.#error = thrown;
      refuse(thrown);
    } finally {
      this.#writing = false;
    }
  }
}

const BOUNDARY_BYTES = 16;
const EMPTY: Uint8Array = new Uint8Array(0);

const bytesOf = (items: readonly Item[]): number => items.reduce((sum, { data }) => sum + data.length, 0);
const countOf = (sets: Sets): number => sets.reduce((sum, { items }) => sum + items.length, 0);

function onlyItem(sets: Sets): Item | null {
  let found: Item | null = null;
  for (const { items } of sets) {
    if (items.length > 1 || (items.length === 1 && found !== null)) return null;
    found ??= items[0] ?? null;
  }
  return found;
}

const severalItems = (count: number): unknown => notAcceptable(`there are ${count} output items, which are no single body`);
