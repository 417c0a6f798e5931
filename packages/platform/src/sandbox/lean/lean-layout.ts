/**
 * The lean interface: sets in the guest's linear memory, without a file system. A module exports its memory and
 *
 *   pappus_alloc(bytes: i32) -> i32    room for the input; called once, before pappus_run
 *   pappus_run(input: i32) -> i32      takes the address of the input, gives that of the output
 *
 * Input and output have one layout. All numbers are 32-bit, little-endian; addresses are those of the linear memory.
 *
 *   sets ─► ┌────────┬───────┐
 *           │ first  │ count │  8 bytes
 *           └──┬─────┴───────┘
 *              ▼
 *   set     ┌────────┬────────────┬────────┬───────┐
 *           │ name   │ name bytes │ first  │ count │  16 bytes each, one after the other
 *           └────────┴────────────┴──┬─────┴───────┘
 *                                    ▼
 *   item    ┌────────┬────────────┬───────┬────────┬────────────┐
 *           │ name   │ name bytes │ key   │ data   │ data bytes │  20 bytes each, one after the other
 *           └────────┴────────────┴───────┴───┬────┴────────────┘
 *                                             ▼  16-byte aligned in the input; anywhere in the output
 *
 * The input's sets stand in the order of the declaration. So do the output's: there are as many as were declared, and
 * their names are not read. Output may point into the input, and items may share bytes. `abi/pappus.h` has this for C.
 */
import { bytesOfItem, FarItem } from '../../sets/far-item.ts';
import type { Item, ItemSet, Sets } from '../../sets/item.ts';
import { itemNameProblem } from '../../sets/item-name.ts';
import { MAX_ITEM_NAME_BYTES } from '../../sets/limits.ts';
import { readName, writeName } from '../../sets/name-bytes.ts';
import type { GuestMemory } from '../guest-memory.ts';
import type { OutputBudget } from '../output-budget.ts';
import { RunFailed } from '../run-end.ts';
import type { RunFailure } from '../sandbox.ts';

const SETS_BYTES = 8;
const SET_BYTES = 16;
const ITEM_BYTES = 20;
export const ALIGNMENT = 16;

const aligned = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/** Bytes of the input's layout from an aligned address on. */
export function inputBytes(names: readonly string[], inputs: Sets): number {
  let tables = SETS_BYTES + inputs.length * SET_BYTES;
  let data = 0;
  for (const name of names) tables += Buffer.byteLength(name);
  for (const { items } of inputs) {
    tables += items.length * ITEM_BYTES;
    for (const item of items) {
      tables += Buffer.byteLength(item.name);
      data += aligned(bytesOfItem(item));
    }
  }
  return aligned(tables) + data;
}

/** Writes the input, whose sets get `names`, to `start`, which is aligned and has room for `inputBytes`. */
export function writeInput({ bytes, view }: GuestMemory, start: number, setNames: readonly string[], inputs: Sets): void {
  let items = 0;
  for (const set of inputs) items += set.items.length;
  let setAt = start + SETS_BYTES;
  let itemAt = setAt + inputs.length * SET_BYTES;
  let text = itemAt + items * ITEM_BYTES;
  const names = (name: string, at: number): void => {
    const length = Buffer.byteLength(name);
    writeName(bytes, text, name, length);
    view.setUint32(at, text, true);
    view.setUint32(at + 4, length, true);
    text += length;
  };
  view.setUint32(start, setAt, true);
  view.setUint32(start + 4, inputs.length, true);
  for (const [index, set] of inputs.entries()) {
    names(setNames[index] as string, setAt);
    view.setUint32(setAt + 8, itemAt, true);
    view.setUint32(setAt + 12, set.items.length, true);
    setAt += SET_BYTES;
    for (const item of set.items) {
      names(item.name, itemAt);
      itemAt += ITEM_BYTES;
    }
  }
  writeItems(bytes, view, inputs, { itemAt: start + SETS_BYTES + inputs.length * SET_BYTES, data: aligned(text) });
}

/** The second pass: data begins behind the last name. */
function writeItems(bytes: Buffer, view: DataView, inputs: Sets, start: { readonly itemAt: number; readonly data: number }): void {
  let { itemAt, data } = start;
  for (const { items } of inputs) {
    for (const item of items) {
      view.setUint32(itemAt + 8, item.key, true);
      view.setUint32(itemAt + 12, data, true);
      const length = bytesOfItem(item);
      view.setUint32(itemAt + 16, length, true);
      if (item instanceof FarItem) item.copyTo(bytes.subarray(data, data + length));
      else bytes.set(item.data, data);
      data += aligned(length);
      itemAt += ITEM_BYTES;
    }
  }
}

export interface WantedOutput {
  /** Of the sets. */
  readonly names: readonly string[];
  readonly budget: OutputBudget;
  /** The bytes of items stay where they are; else they are copies. */
  readonly lends: boolean;
}

/** Reads the output at `start`. A layout that is broken or too large throws `RunFailed`. */
export function readOutput(memory: GuestMemory, start: number, wanted: WantedOutput): Sets {
  const { names } = wanted;
  const { view } = memory;
  requireRange(memory, start, SETS_BYTES, 'the output');
  const first = view.getUint32(start, true);
  const count = view.getUint32(start + 4, true);
  if (count !== names.length) throw invalid(`it has ${count} sets, but ${names.length} are declared`);
  requireRange(memory, first, count * SET_BYTES, 'the table of sets');
  const sets: ItemSet[] = [];
  for (const [index, name] of names.entries()) {
    const at = first + index * SET_BYTES;
    sets.push({ name, items: readItems(memory, view.getUint32(at + 8, true), view.getUint32(at + 12, true), wanted) });
  }
  return sets;
}

function readItems(memory: GuestMemory, first: number, count: number, { budget, lends }: WantedOutput): readonly Item[] {
  check(budget.addItems(count));
  requireRange(memory, first, count * ITEM_BYTES, 'a table of items');
  const { view, bytes } = memory;
  const items: Item[] = [];
  for (let at = first; at < first + count * ITEM_BYTES; at += ITEM_BYTES) {
    const nameAt = view.getUint32(at, true);
    const nameBytes = view.getUint32(at + 4, true);
    const dataAt = view.getUint32(at + 12, true);
    const dataBytes = view.getUint32(at + 16, true);
    requireRange(memory, nameAt, nameBytes, 'the name of an item');
    requireRange(memory, dataAt, dataBytes, 'the data of an item');
    if (nameBytes > MAX_ITEM_NAME_BYTES) throw invalid(`an item name has ${nameBytes} bytes, more than ${MAX_ITEM_NAME_BYTES}`);
    const name = readName(bytes, nameAt, nameBytes);
    if (name === null) throw invalid('an item name is not UTF-8');
    const problem = itemNameProblem(name);
    if (problem !== null) throw invalid(problem);
    check(budget.addBytes(nameBytes + dataBytes));
    items.push({ name, key: view.getUint32(at + 8, true), data: lends ? bytes.subarray(dataAt, dataAt + dataBytes) : memory.copyOut(dataAt, dataBytes) });
  }
  return items;
}

function requireRange(memory: GuestMemory, at: number, length: number, what: string): void {
  if (!memory.holds(at, length)) throw invalid(`${what} lies outside the memory`);
}

function check(failure: RunFailure | null): void {
  if (failure !== null) throw new RunFailed(failure);
}

const invalid = (message: string): RunFailed => new RunFailed({ kind: 'invalid-output', message: `the output is not valid: ${message}` });
