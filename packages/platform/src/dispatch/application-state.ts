/** An application during an invocation: which of its runs could start, and where their results belong. */
import type { ItemSet, Sets } from '../sets/item.ts';
import { NO_ITEMS, type Items } from './key-join.ts';
import type { Partition } from './partition.ts';
import type { Callee, PlanApplication } from './plan.ts';
import type { RunSequence } from './run-sequence.ts';

/**
 * `waiting`: sets that have to be whole are not. `claimed`: a segment under way runs it, or will say that it did not.
 * `open`: its runs may start. `done`: its outputs are whole.
 */
export type Phase = 'waiting' | 'claimed' | 'open' | 'done';

/** Runs that became known together: all of an application, or those over what one run of the producer made. */
export interface Batch {
  readonly sequence: RunSequence;
  /** The items to take one by one, or in portions, one for each place of the sequence; null when all runs are the partition's. */
  readonly streamed: Items | null;
  /** Held for as long as the batch is there. */
  readonly bytes: number;
  readonly readyMs: number;
  started: number;
  finished: number;
  /** Runs of one place: more than one where other inputs multiply. */
  perPlace: number;
  /** Where these belong. */
  branch: RunSequence | null;
}

/** Where the outputs of a run belong. */
export interface Place {
  readonly sequence: RunSequence;
  readonly place: number;
}

export interface NextRun extends Place {
  readonly batch: Batch;
  /** By input of the application. */
  readonly inputs: readonly Items[];
}

export class ApplicationState {
  readonly plan: PlanApplication;
  phase: Phase = 'waiting';
  /** Sets that have to be whole and are not, counted as often as they are read. */
  missing = 0;
  sequence: RunSequence | null = null;
  partition: Partition | null = null;
  /** Runs that could start. */
  pending = 0;
  running = 0;
  startedRuns = 0;
  readonly #batches: Batch[] = [];
  #first = 0;

  constructor(plan: PlanApplication) {
    this.plan = plan;
  }

  push(batch: Batch): void {
    this.#batches.push(batch);
  }

  /** The batches that came before the application was open. */
  get batches(): readonly Batch[] {
    return this.#batches.slice(this.#first);
  }

  clear(): void {
    this.#batches.length = 0;
    this.#first = 0;
  }

  /** `grow` makes the branch for a place that has more than one run. */
  next(grow: (sequence: RunSequence, place: number, length: number) => RunSequence): NextRun {
    const batch = this.#batches[this.#first] as Batch;
    const partition = this.partition as Partition;
    const run = batch.started;
    batch.started += 1;
    this.pending -= 1;
    this.running += 1;
    this.startedRuns += 1;
    if (batch.started === batch.sequence.length * batch.perPlace) this.#drop();
    if (batch.streamed === null) return { batch, sequence: batch.sequence, place: run, inputs: partition.inputsOf(run) };
    const place = Math.floor(run / batch.perPlace);
    const part = run % batch.perPlace;
    const inputs = partition.inputsOf(part);
    inputs[this.plan.streamed?.input ?? 0] = portion(batch.streamed, place, batch.sequence.length);
    if (batch.perPlace === 1) return { batch, sequence: batch.sequence, place, inputs };
    if (part === 0) batch.branch = grow(batch.sequence, place, batch.perPlace);
    return { batch, sequence: batch.branch as RunSequence, place: part, inputs };
  }

  #drop(): void {
    this.#first += 1;
    if (this.#first < this.#batches.length / 2) return;
    this.#batches.splice(0, this.#first);
    this.#first = 0;
  }
}

const portion = (items: Items, place: number, places: number): Items => items.slice(Math.floor((place * items.length) / places), Math.floor(((place + 1) * items.length) / places));

/** What a callee gets: all its input sets in its order, under its names. */
export function inputSets(callee: Callee, { inputs }: PlanApplication, items: readonly Items[]): Sets {
  const sets: ItemSet[] = inputNames(callee).map((name) => ({ name, items: NO_ITEMS }));
  inputs.forEach(({ position }, input) => {
    sets[position] = { name: sets[position]?.name ?? '', items: items[input] ?? NO_ITEMS };
  });
  return sets;
}

function inputNames(callee: Callee): readonly string[] {
  switch (callee.kind) {
    case 'compute':
      return callee.spec.inputs;
    case 'io':
      return callee.function.signature.inputs;
    case 'composition':
      return callee.plan.signature.inputs;
  }
}
