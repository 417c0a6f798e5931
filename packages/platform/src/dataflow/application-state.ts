/** An application of a running invocation: which runs it can start now, which are under way, and whether more can come. */
import type { Item, ItemSet } from '../sets/item.ts';
import { firstOrder, type Order } from './order.ts';
import { OrderedParts } from './ordered-parts.ts';
import type { Partitioned } from './partition.ts';
import type { PlannedApplication } from './plan.ts';
import type { Run } from './running-plan.ts';
import type { Part } from './set-state.ts';

/** A run of one of several applications. */
export interface GraphRun extends Run {
  readonly application: ApplicationState;
  readonly order: Order;
  /** What a streamed item came with. */
  readonly part: Part | null;
  /** It has the last item of its part. */
  readonly endsPart: boolean;
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
  /** It takes the items of its streamed input as they come. */
  flows = false;
  #sourceEnded = false;
  /** The sets that every run gets whole; the streamed one is to be filled in. */
  #whole: readonly ItemSet[] = [];
  #place = 0;
  /** The part whose items become runs now, and those that wait behind it. */
  #part: Part | null = null;
  #nextItem = 0;
  /** In all parts, those of which no run was made yet. */
  #itemsLeft = 0;
  readonly #parts = new OrderedParts();
  #partitioned: Partitioned | null = null;
  #nextRun = 0;
  /** Of the runs that are under way; null where nobody asks. */
  readonly #orders: Order[] | null;

  constructor(planned: PlannedApplication, fused: boolean, keepsOrders: boolean) {
    this.planned = planned;
    this.phase = fused ? 'fused' : 'waiting';
    this.#orders = keepsOrders ? [] : null;
  }

  /** All inputs are complete: these are the runs. */
  openWhole(partitioned: Partitioned): void {
    this.phase = 'open';
    this.#partitioned = partitioned;
    this.#sourceEnded = true;
  }

  /** Runs can start for each item that is offered. `items` are those of each binding, none for the streamed one. Gives the parts that wait. */
  openStream(items: readonly (readonly Item[])[]): readonly Part[] {
    const { streamed, inputs } = this.planned;
    this.phase = 'open';
    this.flows = true;
    this.#whole = boundSets(this.planned, items);
    this.#place = inputs[streamed ?? 0]?.position ?? 0;
    return this.#waiting();
  }

  /** A part that has items. */
  offer(part: Part): void {
    part.holders++;
    this.#itemsLeft += part.items.length;
    if (this.#part === null) this.#part = part;
    else this.#parts.push(part);
  }

  endSource(): void {
    this.#sourceEnded = true;
  }

  /** Parts that nobody will ask for any more. */
  close(): readonly Part[] {
    this.phase = 'done';
    const left = this.#waiting();
    this.#part = null;
    this.#itemsLeft = 0;
    this.#parts.clear();
    this.#partitioned = null;
    return left;
  }

  get canStart(): boolean {
    return this.runsLeft > 0;
  }

  /** Runs that could start now, if there was room for all of them. */
  get runsLeft(): number {
    if (this.phase !== 'open') return 0;
    if (this.#partitioned !== null) return this.#partitioned.runs - this.#nextRun;
    return this.#itemsLeft > 0 ? this.#itemsLeft : Number(this.#startsEmpty);
  }

  /** No run is under way, and none will come. */
  get isFinished(): boolean {
    return this.phase === 'open' && this.active === 0 && this.#sourceEnded && !this.canStart;
  }

  get sourceEnded(): boolean {
    return this.#sourceEnded;
  }

  /** The first place that a run which is under way, or known and not begun, may give items to; null without such a run. */
  get firstOrder(): Order | null {
    let first: Order | null = null;
    for (const order of this.#orders ?? []) first = firstOrder(first, order);
    if (this.#partitioned !== null) return this.canStart ? firstOrder(first, [this.#nextRun]) : first;
    if (this.#part !== null) first = firstOrder(first, [...this.#part.order, this.#nextItem]);
    return firstOrder(first, this.#parts.first()?.order ?? null);
  }

  next(): GraphRun {
    this.active++;
    this.started++;
    const run = this.#partitioned === null ? this.#nextStreamed() : this.#nextOf(this.#partitioned);
    this.#orders?.push(run.order);
    return run;
  }

  ended(run: GraphRun): void {
    this.active--;
    const orders = this.#orders;
    if (orders === null) return;
    const last = orders.pop() as Order;
    if (last !== run.order) orders[orders.indexOf(run.order)] = last;
  }

  /** An optional set that is complete and had no item is one run with an empty set. */
  get #startsEmpty(): boolean {
    const { streamed, inputs } = this.planned;
    return this.#sourceEnded && this.started === 0 && this.#partitioned === null && streamed !== null && inputs[streamed]?.optional === true;
  }

  #waiting(): readonly Part[] {
    return this.#part === null ? [] : [this.#part, ...this.#parts.all()];
  }

  #nextOf(partitioned: Partitioned): GraphRun {
    const run = this.#nextRun++;
    return { application: this, planned: this.planned, number: this.started - 1, order: [run], inputs: boundSets(this.planned, partitioned.at(run)), part: null, endsPart: false };
  }

  #nextStreamed(): GraphRun {
    const part = this.#part;
    if (part === null) return { application: this, planned: this.planned, number: this.started - 1, order: [0], inputs: this.#whole, part: null, endsPart: false };
    const index = this.#nextItem++;
    this.#itemsLeft--;
    const item = part.items[index];
    const inputs = this.#whole.map((set, input) => (input === this.#place ? { name: set.name, items: item === undefined ? [] : [item] } : set));
    const endsPart = this.#nextItem === part.items.length;
    if (endsPart) this.#leavePart();
    else part.holders++;
    return { application: this, planned: this.planned, number: this.started - 1, order: [...part.order, index], inputs, part, endsPart };
  }

  /** The run that was just made holds the part in our place. */
  #leavePart(): void {
    this.#nextItem = 0;
    this.#part = this.#parts.shift();
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
