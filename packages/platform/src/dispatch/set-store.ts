/** The sets of one dataflow that somebody needs whole: filled in order, dropped when the last reader is done. */
import { NO_ITEMS, type Items } from './key-join.ts';
import type { GraphPlan } from './plan.ts';
import type { RunOutputs } from './run-sequence.ts';
import type { Item } from '../sets/item.ts';

interface Accounts {
  addBytes(bytes: number): void;
  addItems(set: string, items: number): void;
}

interface StoredSet {
  readonly name: string;
  items: Items;
  /** What is added is added to this. */
  grown: Item[] | null;
  count: number;
  bytes: number;
  readersLeft: number;
  /** Stays until the end. */
  readonly isKeptOutput: boolean;
  /** Outputs of the composition that this set is, where its items go on as they come. */
  readonly delivered: readonly number[];
}

export class SetStore {
  readonly #sets: readonly StoredSet[];
  readonly #accounts: Accounts;
  readonly #deliver: ((output: number, items: Items) => void) | null;

  constructor(plan: GraphPlan, inputs: readonly Items[], accounts: Accounts, deliver: ((output: number, items: Items) => void) | null) {
    this.#accounts = accounts;
    this.#deliver = deliver;
    this.#sets = plan.sets.map(({ name, wholeReaders, isOutput }, index) => ({
      name,
      items: inputs[index] ?? NO_ITEMS,
      grown: null,
      count: 0,
      bytes: 0,
      readersLeft: wholeReaders.length,
      isKeptOutput: isOutput && deliver === null,
      delivered: deliver === null ? [] : [...plan.outputs.keys()].filter((output) => plan.outputs[output] === index),
    }));
    for (const set of this.#sets.slice(0, plan.inputs)) this.#send(set, set.items);
  }

  items(set: number): Items {
    return this.#sets[set]?.items ?? NO_ITEMS;
  }

  /** Whether the items of the set stay beyond the run that takes them. */
  isKept(set: number): boolean {
    const stored = this.#sets[set];
    return stored !== undefined && (stored.readersLeft > 0 || stored.isKeptOutput || stored.delivered.length > 0);
  }

  /** Outputs of a run, not yet in order: what is to be kept of them, or null for nothing. */
  arrive(sets: readonly (number | null)[], outputs: RunOutputs): RunOutputs | null {
    let keeps = false;
    const kept = sets.map((set, output) => {
      const items = outputs[output] ?? NO_ITEMS;
      if (set === null || items.length === 0) return NO_ITEMS;
      this.#count(this.#sets[set] as StoredSet, items);
      if (!this.isKept(set)) return NO_ITEMS;
      keeps = true;
      return items;
    });
    return keeps ? kept : null;
  }

  /** What `arrive` kept, in the order of the runs. */
  append(sets: readonly (number | null)[], outputs: RunOutputs): void {
    sets.forEach((set, output) => {
      const items = outputs[output] ?? NO_ITEMS;
      if (set === null || items.length === 0) return;
      const stored = this.#sets[set] as StoredSet;
      this.#send(stored, items);
      if (stored.readersLeft > 0 || stored.isKeptOutput) grow(stored, items);
      else this.#release(stored, items);
    });
  }

  /** One of those who needed the whole set is done. */
  readBy(set: number): void {
    const stored = this.#sets[set] as StoredSet;
    stored.readersLeft -= 1;
    if (stored.readersLeft === 0 && !stored.isKeptOutput) this.#drop(stored);
  }

  dropOutputs(): void {
    for (const stored of this.#sets) this.#drop(stored);
  }

  #count(stored: StoredSet, items: Items): void {
    stored.count += items.length;
    this.#accounts.addItems(stored.name, stored.count);
    if (!(stored.readersLeft > 0 || stored.isKeptOutput || stored.delivered.length > 0)) return;
    const bytes = bytesOf(items);
    stored.bytes += bytes;
    this.#accounts.addBytes(bytes);
  }

  #send({ delivered }: StoredSet, items: Items): void {
    if (items.length > 0) for (const output of delivered) this.#deliver?.(output, items);
  }

  #release(stored: StoredSet, items: Items): void {
    const bytes = Math.min(stored.bytes, bytesOf(items));
    stored.bytes -= bytes;
    this.#accounts.addBytes(-bytes);
  }

  #drop(stored: StoredSet): void {
    stored.items = NO_ITEMS;
    stored.grown = null;
    this.#accounts.addBytes(-stored.bytes);
    stored.bytes = 0;
  }
}

/** The first portion is taken as it is: most sets are what one run made. */
function grow(stored: StoredSet, items: Items): void {
  if (stored.items.length === 0) {
    stored.items = items;
    return;
  }
  stored.grown ??= [...stored.items];
  for (const item of items) stored.grown.push(item);
  stored.items = stored.grown;
}

/** What items are counted as: their bytes, and something for each. */
export function bytesOf(items: Items): number {
  let bytes = 0;
  for (const { data } of items) bytes += data.length + ITEM_BYTES;
  return bytes;
}

const ITEM_BYTES = 64;
