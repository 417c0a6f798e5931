/**
 * An object in the making: the frames for all consumers, in memory and, beyond the budget, in one spill file as
 * runs for each consumer. Its body is the parts in the order of consumers.
 */
import type { PutBody } from '../../object-store/object-store.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { SpillFile, type Extent } from '../spill-file.ts';
import type { Frame } from '../transport.ts';
import { encodeLength, LENGTH_BYTES } from './frame-list.ts';
import { encodeTrailer, type Layout } from './object-name.ts';

interface Part {
  bytes: number;
  frames: Frame[];
  readonly extents: Extent[];
}

/** Bodies up to this size are put in one piece, with a checksum. */
const WHOLE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export class CombinedObject {
  readonly #memory: ByteBudget;
  readonly #file: SpillFile;
  readonly #parts: readonly Part[];
  #held = 0;

  constructor(consumers: number, memory: ByteBudget, spillFolder: string) {
    this.#memory = memory;
    this.#file = new SpillFile(spillFolder);
    this.#parts = Array.from({ length: consumers }, () => ({ bytes: 0, frames: [], extents: [] }));
  }

  get sizes(): readonly number[] {
    return this.#parts.map((part) => part.bytes);
  }

  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  /** Takes the frame over; spills what is held first when there is no room for it. */
  async add(consumer: number, frame: Frame): Promise<void> {
    if (!this.#memory.fits(frame.byteLength) && this.#held > 0) await this.#spill();
    const part = this.#parts[consumer] as Part;
    part.frames.push(frame);
    part.bytes += LENGTH_BYTES + frame.byteLength;
    this.#held += frame.byteLength;
    this.#memory.take(frame.byteLength);
  }

  /** Readable until `close`, any number of times. */
  body(layout: Layout): PutBody {
    const trailer = layout.kind === 'trailer' ? [encodeTrailer(this.sizes)] : [];
    const sizeBytes = this.bytes + (trailer[0]?.byteLength ?? 0);
    const spilled = this.#parts.some((part) => part.extents.length > 0);
    if (!spilled && sizeBytes <= WHOLE_BYTES) return Buffer.concat([...this.#parts.flatMap((part) => part.frames.flatMap(withLength)), ...trailer], sizeBytes);
    return { sizeBytes, open: () => coalesce(this.#chunks(trailer)) };
  }

  /** Idempotent. Frees memory and disk. */
  async close(): Promise<void> {
    this.#release();
    await this.#file.close();
  }

  async *#chunks(trailer: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const { extents, frames } of this.#parts) {
      for (const { offset, length } of extents) {
        for (let from = 0; from < length; from += CHUNK_BYTES) yield await this.#file.read({ offset: offset + from, length: Math.min(CHUNK_BYTES, length - from) });
      }
      for (const frame of frames) yield* withLength(frame);
    }
    yield* trailer;
  }

  /** One write for the frames of all consumers. */
  async #spill(): Promise<void> {
    const runs = this.#parts.map((part) => part.frames.flatMap(withLength));
    let { offset } = await this.#file.append(runs.flat());
    runs.forEach((run, consumer) => {
      const length = run.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      if (length > 0) this.#parts[consumer]?.extents.push({ offset, length });
      offset += length;
    });
    this.#release();
  }

  #release(): void {
    for (const part of this.#parts) part.frames = [];
    this.#memory.give(this.#held);
    this.#held = 0;
  }
}

const withLength = (frame: Frame): Uint8Array[] => [encodeLength(frame.byteLength), frame];

/** Joins small chunks, so that the socket gets few large ones. */
async function* coalesce(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < CHUNK_BYTES) continue;
    yield pending.length === 1 ? chunk : Buffer.concat(pending, bytes);
    pending = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes);
}
