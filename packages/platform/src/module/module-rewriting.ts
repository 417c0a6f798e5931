/**
 * Rewrites a checked module so that a sandbox can keep its runs apart (`isolation.ts` says why that is enough):
 *
 *   - its memory becomes the import pappus.memory, so that memories can be pooled and measured
 *   - memory.size and memory.grow become a global and a call: the memory that the module sees is a number that can be
 *     put back, and the limit of the function holds whatever the module declares. Without memory.grow it is a constant
 *   - the only export is the entry (`guest-entry.ts`), which calls what the module exported and its start function
 *   - tables get a maximum, and those that code changes get a second one that keeps their entries (where the mode is reset)
 *   - debug information goes
 *   - functions that could not be ended for long get places where they can (`interruption.ts`)
 *
 * Functions keep their indices, so the name section stays right. Where code moved, the custom section pappus.offsets says
 * by how much (`offset-map.ts`).
 */
import { assert } from '@pappus/core';
import { afterNumber, i32Bytes, nameBytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import { inTurn, writeBodies, type Edit } from './code-rewriting.ts';
import type { MemorySite } from './instructions.ts';
import { interruptions } from './interruption.ts';
import type { Isolation, MemoryPlan } from './isolation.ts';
import { ENTRY_EXPORT, entryBody, idleCall, type EntryTargets } from './guest-entry.ts';
import { MAX_NAME_SECTION_BYTES, MAX_TABLE_ENTRIES } from './limits.ts';
import { EXTERNAL, SECTION, type ModuleFacts, type Section, type TableFacts } from './module-facts.ts';
import type { OffsetShift } from './offset-map.ts';
import { extended, unchanged, writeOffsets } from './section-writing.ts';

export const MEMORY_IMPORT = { module: 'pappus', name: 'memory' } as const;

const I32 = 0x7f;
const END = 0x0b;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const I32_CONST = 0x41;
const MUTABLE = 1;

/** Sections in the order in which a module has them; those that are not there may have to be made. */
const ORDER = [
  SECTION.type, SECTION.import, SECTION.function, SECTION.table, SECTION.tag, SECTION.global, SECTION.export, SECTION.element,
  SECTION.dataCount, SECTION.code, SECTION.data,
] as const;

/** Indices of what the rewriter adds. */
interface Additions extends EntryTargets {
  readonly resets: boolean;
  readonly entryType: number;
  readonly entryFunction: number;
  /** One function and two globals behind the entry, where memory.grow occurs. */
  readonly grown: (NonNullable<EntryTargets['grown']> & { readonly type: number; readonly function: number }) | null;
}

export function rewriteModule(facts: ModuleFacts, { mode, memory }: Isolation): Uint8Array {
  const additions = additionsTo(facts, mode === 'reset');
  const sink = new ByteSink();
  sink.push(facts.bytes.subarray(0, 8));
  const shifts: OffsetShift[] = [];
  let codeStart = 0;
  for (const id of ORDER) {
    const section = facts.sections.find((each) => each.id === id) ?? null;
    const content = sectionContent(id, section, facts, memory, additions, shifts);
    if (content === null) continue;
    const start = sink.section(id, content);
    if (id === SECTION.code) codeStart = start;
  }
  const names = facts.sections.find(({ id, name }) => id === SECTION.custom && name === 'name');
  if (names !== undefined && names.end - names.start <= MAX_NAME_SECTION_BYTES) sink.section(SECTION.custom, unchanged(facts, names));
  writeOffsets(sink, shifts, codeStart);
  return sink.bytes();
}

function additionsTo(facts: ModuleFacts, resets: boolean): Additions {
  const functions = facts.importedFunctions + facts.functionTypes.length;
  const { length: types } = facts.types;
  const { length: globals } = facts.globals;
  const grows = facts.code.memorySites.some((site) => site.grows);
  const changed = resets ? [...facts.code.changedTables] : [];
  return {
    resets,
    entryType: types,
    entryFunction: functions,
    grown: grows ? { type: types + 1, function: functions + 1, pagesGlobal: globals, deniedGlobal: globals + 1 } : null,
    tables: changed.map((table, index) => ({ table, kept: facts.tables.length + index, entries: tableOf(facts, table).size.minimum })),
  };
}

function tableOf({ tables }: ModuleFacts, index: number): TableFacts {
  const table = tables[index];
  assert(table !== undefined, 'a checked module changes tables that it has');
  return table;
}

function sectionContent(id: (typeof ORDER)[number], section: Section | null, facts: ModuleFacts, memory: MemoryPlan, additions: Additions, shifts: OffsetShift[]): ByteSink | null {
  const { grown } = additions;
  switch (id) {
    case SECTION.type:
      return extended(facts, section, facts.types.length, [[0x60, 2, I32, I32, 1, I32], ...(grown === null ? [] : [[0x60, 1, I32, 1, I32]])]);
    case SECTION.import:
      return extended(facts, section, facts.imports.length, [memoryImport(memory)]);
    case SECTION.function:
      return extended(facts, section, facts.functionTypes.length, [u32Bytes(additions.entryType), ...(grown === null ? [] : [u32Bytes(grown.type)])]);
    case SECTION.global:
      if (grown === null) break;
      return extended(facts, section, facts.globals.length, [
        [I32, MUTABLE, I32_CONST, ...i32Bytes(memory.seenPages), END],
        [I32, MUTABLE, I32_CONST, 0, END],
      ]);
    case SECTION.table:
      return section === null ? null : tableSection(facts, additions);
    case SECTION.export:
      return extended(facts, null, 0, [[...nameBytes(ENTRY_EXPORT), EXTERNAL.function, ...u32Bytes(additions.entryFunction)]]);
    case SECTION.element:
      if (!facts.code.usesFunctionReferences) break;
      return extended(facts, section, facts.elementSegments, [exportedElements(facts)]);
    case SECTION.code:
      return codeSection(facts, memory, additions, shifts);
    default:
  }
  return section === null ? null : unchanged(facts, section);
}

function memoryImport({ initialPages, maximumPages }: MemoryPlan): readonly number[] {
  return [...nameBytes(MEMORY_IMPORT.module), ...nameBytes(MEMORY_IMPORT.name), EXTERNAL.memory, 1, ...u32Bytes(initialPages), ...u32Bytes(maximumPages)];
}

function tableSection(facts: ModuleFacts, { tables }: Additions): ByteSink {
  const sink = new ByteSink();
  sink.push(u32Bytes(facts.tables.length + tables.length));
  for (const table of facts.tables) pushTable(sink, facts, table, Math.min(table.size.maximum ?? MAX_TABLE_ENTRIES, MAX_TABLE_ENTRIES));
  for (const { table, entries } of tables) pushTable(sink, facts, tableOf(facts, table), entries);
  return sink;
}

function pushTable(sink: ByteSink, { bytes }: ModuleFacts, { size, span: [start, limitsStart, limitsEnd, end] }: TableFacts, maximum: number): void {
  sink.push(bytes.subarray(start, limitsStart));
  sink.push([1, ...u32Bytes(size.minimum), ...u32Bytes(maximum)]);
  sink.push(bytes.subarray(limitsEnd, end));
}

/** ref.func is for functions that are named outside of code: a declarative segment names those that were exported. */
function exportedElements({ exports }: ModuleFacts): readonly number[] {
  const functions = new Set(exports.filter(({ kind }) => kind === EXTERNAL.function).map(({ index }) => index));
  return [3, 0, ...u32Bytes(functions.size), ...[...functions].flatMap(u32Bytes)];
}

function codeSection(facts: ModuleFacts, memory: MemoryPlan, additions: Additions, shifts: OffsetShift[]): ByteSink {
  const { grown, resets } = additions;
  const sink = new ByteSink();
  sink.push(u32Bytes(facts.bodies.length + (grown === null ? 1 : 2)));
  const pages = grown === null ? [I32_CONST, ...i32Bytes(memory.seenPages)] : [GLOBAL_GET, ...u32Bytes(grown.pagesGlobal)];
  const grow = grown === null ? [] : [0x10, ...u32Bytes(grown.function)];
  const sites = inTurn(facts.code.memorySites);
  const bulkSites = inTurn(facts.code.bulkSites);
  const pausing = idleCall(additions.entryFunction);
  const sizeEdit = ({ at, grows }: MemorySite): Edit => ({ at, until: afterNumber(facts.bytes, at + 1), instead: grows ? grow : pages, trapsAt: null });
  writeBodies(facts, (_, index) => [...sites(index).map(sizeEdit), ...interruptions(bulkSites(index), pausing)].sort((a, b) => a.at - b.at), sink, shifts);
  sink.body(entryBody(facts, memory, additions, resets));
  if (grown !== null) sink.body(growBody(memory, grown));
  return sink;
}

/**
 * (param $more i32) (result i32): what memory.grow does, on the size that the module sees. The memory itself grows
 * only when that passes its initial pages.
 */
function growBody(memory: MemoryPlan, { pagesGlobal, deniedGlobal }: NonNullable<EntryTargets['grown']>): readonly number[] {
  const pages = u32Bytes(pagesGlobal);
  const denied = u32Bytes(deniedGlobal);
  const [more, seen] = [0, 1];
  const refuse = [I32_CONST, 1, GLOBAL_SET, ...denied, I32_CONST, 0x7f, 0x0f];
  return [
    1, 1, I32,
    GLOBAL_GET, ...pages, 0x21, seen,
    // more > maximum - seen, unsigned: refused
    0x20, more, I32_CONST, ...i32Bytes(memory.maximumPages), 0x20, seen, 0x6b, 0x4b, 0x04, 0x40, ...refuse, END,
    // seen + more > memory.size: the memory grows by the difference
    0x20, seen, 0x20, more, 0x6a, 0x3f, 0, 0x4b, 0x04, 0x40,
    0x20, seen, 0x20, more, 0x6a, 0x3f, 0, 0x6b, 0x40, 0, I32_CONST, 0x7f, 0x46, 0x04, 0x40, ...refuse, END,
    END,
    0x20, seen, 0x20, more, 0x6a, GLOBAL_SET, ...pages,
    0x20, seen, END,
  ];
}

