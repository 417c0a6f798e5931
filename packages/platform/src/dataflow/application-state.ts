/** An application of a running invocation: which runs it can start now, which are under way, and whether more can come. */
import type { Item, ItemSet } from '../sets/item.ts';
import type { Partitioned } from './partition.ts';
import type { PlannedApplication } from './plan.ts';
import type { Run } from './running-plan.ts';
import type { Part } from './set-state.ts';

/** A run of one of several applications. */
export interface GraphRun extends Run {
  readonly application: ApplicationState;
  readonly order: readonly number[];
  /** What a streamed item came with. */
  readonly part: Part | null;
}

/**
 * `fused`: runs happen inside another application's tasks. `waiting`: sets that it reads whole are not there yet.
 * `open`: runs can start; of a streamed input more may come. `done`: nothing can come any more.
 */
export type ApplicationPhase = 'fused' | 'waiting' | 'open' | 'done';

export class ApplicationState {
  readonly planned: PlannedApplication;
  phase: ApplicationPhase;
  active = 0;
  started = 0;
  /** Its runs have happened inside the task of the unit's head, which is one run. */
  ranInUnit = false;
  #sourceEnded = false;
  /** The sets that every run gets whole; the streamed one is to be filled in. */
  #whole: readonly ItemSet[] = [];
  #place = 0;
  #streamed: Part[] = [];
  #nextPart = 0;
  #nextItem = 0;
  #partitioned: Partitioned | null = null;
  #nextRun = 0;

  constructor(planned: PlannedApplication, fused: boolean) {
    this.planned = planned;
    this.phase = fused ? 'fused' : 'waiting';
  }

  /** All inputs are complete: these are the runs. */
  openWhole(partitioned: Partitioned): void {
    this.phase = 'open';
    this.#partitioned = partitioned;
    this.#sourceEnded = true;
  }

  /** Runs can start for each item that is offered. `items` are those of each binding, none for the streamed one. */
  openStream(items: readonly (readonly Item[])[]): void {
    const { streamed, inputs } = this.planned;
    this.phase = 'open';
    this.#whole = boundSets(this.planned, items);
    this.#place = inputs[streamed ?? 0]?.position ?? 0;
  }

  offer(part: Part): void {
    if (part.items.length === 0) return;
    part.holders++;
    this.#streamed.push(part);
  }

  endSource(): void {
    this.#sourceEnded = true;
  }

  /** Parts that nobody will ask for any more. */
  close(): readonly Part[] {
    this.phase = 'done';
    const left = this.#streamed.slice(this.#nextPart);
    this.#streamed = [];
    this.#nextPart = 0;
    this.#partitioned = null;
    return left;
  }

  get canStart(): boolean {
    if (this.phase !== 'open') return false;
    if (this.#partitioned !== null) return this.#nextRun < this.#partitioned.runs;
    return this.#nextPart < this.#streamed.length || this.#startsEmpty;
  }

  /** No run is under way, and none will come. */
  get isFinished(): boolean {
    return this.phase === 'open' && this.active === 0 && this.#sourceEnded && !this.canStart;
  }

  next(): GraphRun {
    this.active++;
    this.started++;
    return this.#partitioned === null ? this.#nextStreamed() : this.#nextOf(this.#partitioned);
  }

  /** An optional set that is complete and had no item is one run with an empty set. */
  get #startsEmpty(): boolean {
    const { streamed, inputs } = this.planned;
    return this.#sourceEnded && this.started === 0 && this.#partitioned === null && streamed !== null && inputs[streamed]?.optional === true;
  }

  #nextOf(partitioned: Partitioned): GraphRun {
    const run = this.#nextRun++;
    return { application: this, planned: this.planned, number: this.started - 1, order: [run], inputs: boundSets(this.planned, partitioned.at(run)), part: null };
  }

  #nextStreamed(): GraphRun {
    const part = this.#streamed[this.#nextPart];
    if (part === undefined) return { application: this, planned: this.planned, number: this.started - 1, order: [0], inputs: this.#whole, part: null };
    const index = this.#nextItem++;
    const item = part.items[index];
    const inputs = this.#whole.map((set, input) => (input === this.#place ? { name: set.name, items: item === undefined ? [] : [item] } : set));
    part.holders++;
    if (this.#nextItem === part.items.length) this.#leavePart(part);
    return { application: this, planned: this.planned, number: this.started - 1, order: [...part.order, index], inputs, part };
  }

  #leavePart(part: Part): void {
    part.holders--; // the run that was just made holds it
    this.#nextItem = 0;
    this.#nextPart++;
    if (this.#nextPart < 1024 || this.#nextPart * 2 < this.#streamed.length) return;
    this.#streamed = this.#streamed.slice(this.#nextPart);
    this.#nextPart = 0;
  }
}

/** The sets of a run as the callee names them; inputs that the caller left out are empty. */
function boundSets({ signature, inputs }: PlannedApplication, items: readonly (readonly Item[])[]): ItemSet[] {
  const sets = signature.inputs.map((name): { name: string; items: readonly Item[] } => ({ name, items: [] }));
  inputs.forEach(({ position }, binding) => {
    const set = sets[position];
    if (set !== undefined) set.items = items[binding] ?? [];
  });
  return sets;
}
