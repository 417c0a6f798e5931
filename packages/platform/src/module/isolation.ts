/**
 * How a module's runs are kept apart. The state of an instance consists of
 *
 *   1. its memory: bytes and size         2. its mutable globals
 *   3. its tables: entries and sizes      4. which of its segments were dropped
 *
 * and nothing else: a wasm function has no static variables, and what a trap or an exit leaves on the stack is gone. A
 * module imports no table, global or tag (`module-check.ts`), so nobody else holds any of this state.
 *
 * **Reset** keeps the instance. It is equivalent to a new one because each part of the state is either put back or
 * can't change:
 *   1. the bytes are restored from the snapshot that was taken after instantiation: all of them, or those of the blocks that
 *      were written to where that is known (below). The size
 *      changes only through memory.grow, which is rewritten (`module-rewriting.ts`): up to the pages that the memory
 *      always has, growth is a number in a global; beyond them the memory grows in earnest, and then neither the memory
 *      nor the instance is used again.
 *   2. the rewriter adds code that evaluates the initial value of each mutable global again. These are constant
 *      expressions over immutable globals, so they give the same values.
 *   3. entries change by table.set, table.fill, table.copy and table.init. Each table that the code has one of these for
 *      gets a second one of the same type and size, which no instruction of the module refers to. The entries are copied
 *      there when the instance is new, and back after each run. The size changes by table.grow only: there must be none.
 *   4. holds when the code has neither elem.drop nor data.drop. (memory.init and table.init read a segment and do not drop
 *      it. Active segments are dropped when the instance is made, and stay so.)
 * A start function is not part of making the instance: it is exported instead and called first in each run.
 *
 * **Pooled** makes a new instance for each run, on a memory that was zeroed over its whole length and that has the size
 * of a new one.
 *
 * **Marks.** A memory's byte changes by a store, a vector store, memory.fill, memory.copy or memory.init, by an atomic
 * instruction, when segments are written in making the instance, or by the host. The first kind marks the block before it
 * writes (`write-marks.ts` says why none is missed), a module with the second is never marked, what the third writes is
 * in the snapshot, and the host marks too (`sandbox/guest-memory.ts`). So a block without a mark is as it was, whatever way
 * the run has ended.
 *
 * What differs from a bare engine: accesses between the size that the module sees and the end of the headroom do not
 * trap, they find zeros at first. How much headroom there is depends on the module and on the size of the run's inputs
 * and on nothing else (`sandbox/memory-pool.ts`), so it is the same whenever the run is repeated, in either mode.
 */
import type { IsolationMode } from '../sandbox/sandbox.ts';
import { HEADROOM_PAGES, MAX_RESTORED_ENTRIES, MAX_RESTORED_PAGES, PAGE_BYTES } from './limits.ts';
import type { ModuleFacts } from './module-facts.ts';

export interface MemoryPlan {
  /** What memory.size says at first. */
  readonly seenPages: number;
  /** What the memory has at least from the start: `seenPages`, and headroom where it may grow. */
  readonly initialPages: number;
  /** What memory.grow can reach. */
  readonly maximumPages: number;
}

export interface Isolation {
  readonly mode: IsolationMode;
  readonly reasons: readonly string[];
  readonly memory: MemoryPlan;
}

export function planIsolation(facts: ModuleFacts, memoryBytes: number): Isolation {
  const memory = planMemory(facts, memoryBytes);
  const reasons: string[] = [];
  const { lasting, changedTables } = facts.code;
  if (lasting.size > 0) reasons.push(`its code uses ${[...lasting].sort().join(', ')}: the size of a table and dropped segments can't be put back`);
  const entries = [...changedTables].reduce((sum, table) => sum + (facts.tables[table]?.size.minimum ?? 0), 0);
  if (entries > MAX_RESTORED_ENTRIES) reasons.push(`its code changes tables of ${entries} entries: new ones may cost less than restoring them`);
  if (memory.initialPages > MAX_RESTORED_PAGES) reasons.push(`its memory begins with ${memory.initialPages} pages: a new one costs less than restoring it`);
  if (reasons.length > 0) return { mode: 'pooled', reasons, memory };
  const tables = changedTables.size === 0 ? 'changes no table' : 'changes entries of tables, but not their sizes,';
  return { mode: 'reset', reasons: [`its code ${tables} and drops no segment: all that a run changes is put back`], memory };
}

function planMemory({ memories, code }: ModuleFacts, memoryBytes: number): MemoryPlan {
  const limit = Math.floor(memoryBytes / PAGE_BYTES);
  const { minimum = 0, maximum = null } = memories[0] ?? {};
  if (!code.memorySites.some(({ grows }) => grows)) return { seenPages: minimum, initialPages: minimum, maximumPages: minimum };
  const maximumPages = Math.min(limit, maximum ?? limit);
  return { seenPages: minimum, initialPages: Math.min(minimum + HEADROOM_PAGES, maximumPages), maximumPages };
}
