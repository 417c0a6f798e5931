/**
 * The one export of a rewritten module, since each costs a new instance a microsecond or two: a function
 *
 *   pappus:enter (step: i32, value: i32) -> i32
 *
 * by which a sandbox does everything that it does with an instance. `reset` and `keep` do nothing where the mode is not reset.
 */
import { i32Bytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import type { MemoryPlan } from './isolation.ts';
import { abiOf, ENTRY_POINTS, RESERVED_PREFIX, type EntryPoint } from './module-check.ts';
import type { ModuleFacts } from './module-facts.ts';

export const ENTRY_EXPORT: string = `${RESERVED_PREFIX}enter`;

export const ENTER = {
  /** Runs what comes before each run. Of a lean module: gives room for `value` bytes of input. */
  begin: 0,
  /** The run. Of a lean module: on the input at `value`, gives the address of the output. */
  run: 1,
  /** Gives globals and tables the values that they have in a new instance. */
  reset: 2,
  /** Before the first run: keeps the entries of the tables for `reset`. */
  keep: 3,
  /** Gives 1 when memory.grow was refused, else 0. */
  denied: 4,
} as const;

/** What the entry refers to, by index. */
export interface EntryTargets {
  /** Null where memory.grow does not occur. */
  readonly grown: { readonly pagesGlobal: number; readonly deniedGlobal: number } | null;
  /** Tables that code changes, each with the table that keeps its first entries; none where the mode is not reset. */
  readonly tables: readonly KeptTable[];
}

export interface KeptTable {
  readonly table: number;
  readonly kept: number;
  readonly entries: number;
}

const END = 0x0b;
const DROP = 0x1a;
const RETURN = 0x0f;
const BLOCK: readonly number[] = [0x02, 0x40];
const BR_TABLE = 0x0e;
const I32_CONST = 0x41;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const TABLE_COPY: readonly number[] = [0xfc, 0x0e];
const STEP: readonly number[] = [0x20, 0];
const VALUE: readonly number[] = [0x20, 1];
const ZERO: readonly number[] = [I32_CONST, 0];

const call = (target: number): readonly number[] => [0x10, ...u32Bytes(target)];

/** Code that leaves everything as it is: a call of the entry for a step that only asks. */
export const idleCall = (entryFunction: number): readonly number[] => [I32_CONST, ENTER.denied, ...ZERO, ...call(entryFunction), DROP];

/** Its body. `resets` says whether the mode is reset. */
export function entryBody(facts: ModuleFacts, memory: MemoryPlan, targets: EntryTargets, resets: boolean): Uint8Array {
  const body = new ByteSink();
  body.push([0, ...BLOCK, ...BLOCK, ...BLOCK, ...BLOCK, ...BLOCK, ...STEP, BR_TABLE, 4, 0, 1, 2, 3, 4, END]);
  const { begin, run } = calls(facts);
  body.push([...begin, RETURN, END, ...run, RETURN, END]);
  if (resets) pushReset(body, facts, memory, targets);
  body.push([...ZERO, RETURN, END]);
  for (const { table, kept, entries } of targets.tables) body.push(copyOf(table, kept, entries));
  body.push([...ZERO, RETURN, END]);
  body.push(targets.grown === null ? ZERO : [GLOBAL_GET, ...u32Bytes(targets.grown.deniedGlobal)]);
  body.push([END]);
  return body.bytes();
}

/** What the first two steps do: each leaves one number. */
function calls(facts: ModuleFacts): { readonly begin: readonly number[]; readonly run: readonly number[] } {
  const start = facts.start === null ? [] : call(facts.start);
  if (abiOf(facts) === 'wasi') return { begin: [...start, ...ZERO], run: [...callOf(facts, ENTRY_POINTS.wasi[0]), ...ZERO] };
  const [allocate, run] = ENTRY_POINTS.lean;
  return { begin: [...start, ...callOf(facts, INITIALISE), ...VALUE, ...callOf(facts, allocate)], run: [...VALUE, ...callOf(facts, run)] };
}

/** A lean module may export it. */
const INITIALISE: Pick<EntryPoint, 'name'> = { name: '_initialize' };

function callOf({ exports }: ModuleFacts, point: Pick<EntryPoint, 'name'> | undefined): readonly number[] {
  const found = exports.find(({ name }) => name === point?.name);
  return found === undefined ? [] : call(found.index);
}

function pushReset(body: ByteSink, { bytes, globals }: ModuleFacts, memory: MemoryPlan, { grown, tables }: EntryTargets): void {
  for (const [index, { mutable, initStart, initEnd }] of globals.entries()) {
    if (!mutable) continue;
    body.push(bytes.subarray(initStart, initEnd));
    body.push([GLOBAL_SET, ...u32Bytes(index)]);
  }
  if (grown !== null) {
    body.push([I32_CONST, ...i32Bytes(memory.seenPages), GLOBAL_SET, ...u32Bytes(grown.pagesGlobal)]);
    body.push([...ZERO, GLOBAL_SET, ...u32Bytes(grown.deniedGlobal)]);
  }
  for (const { table, kept, entries } of tables) body.push(copyOf(kept, table, entries));
}

const copyOf = (from: number, to: number, entries: number): readonly number[] => [...ZERO, ...ZERO, I32_CONST, ...i32Bytes(entries), ...TABLE_COPY, ...u32Bytes(to), ...u32Bytes(from)];
