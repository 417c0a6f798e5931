/** What a thread holds of functions and segments, as far as the gateway knows; what it lacks for a task is sent before it. */
import { AppError } from '@pappus/core';
import type { BodyReader } from './body-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { ShelvedFunction } from './function-shelf.ts';
import { MAX_SEGMENTS_PER_THREAD } from './limits.ts';
import { writeFunction } from './preparation.ts';
import { frameType } from './protocol.ts';
import type { SegmentPlan } from './segment-plans.ts';
import { writeSegment } from './segment-program.ts';

const NONE: readonly never[] = [];

export class ThreadHoldings {
  readonly #functions = new Set<number>();
  /** Places of the segments, oldest first. */
  readonly #places = new Map<SegmentPlan, number>();

  missing(plan: SegmentPlan): readonly ShelvedFunction[] {
    if (plan.functions.every(({ id }) => this.#functions.has(id))) return NONE;
    return plan.functions.filter(({ id }) => !this.#functions.has(id));
  }

  /** Sends what is missing, all of it loaded, and gives the place of the segment. */
  complete(plan: SegmentPlan, writer: FrameWriter): number {
    for (const shelved of this.missing(plan)) this.#sendFunction(shelved, writer);
    return this.#places.get(plan) ?? this.#sendSegment(plan, writer);
  }

  /** Reads which functions the thread has closed. */
  forget(reader: BodyReader): void {
    for (let left = reader.u16(); left > 0; left--) this.#functions.delete(reader.u32());
    reader.end();
  }

  #sendFunction({ id, loaded }: ShelvedFunction, writer: FrameWriter): void {
    if (loaded === null) throw new AppError('internal', `function ${id} is sent before it is loaded`);
    writer.begin(frameType.function, 0, id);
    writeFunction(writer, loaded);
    writer.end();
    this.#functions.add(id);
  }

  #sendSegment(plan: SegmentPlan, writer: FrameWriter): number {
    const place = this.#freePlace();
    const numbers = new Map(plan.functions.map(({ hash, id }) => [hash, id]));
    writer.begin(frameType.segment, 0, place);
    writeSegment(writer, plan.segment, (hash) => numbers.get(hash) ?? 0);
    writer.end();
    this.#places.set(plan, place);
    return place;
  }

  #freePlace(): number {
    if (this.#places.size < MAX_SEGMENTS_PER_THREAD) return this.#places.size;
    const [oldest, place] = this.#places.entries().next().value as [SegmentPlan, number];
    this.#places.delete(oldest);
    return place;
  }
}
