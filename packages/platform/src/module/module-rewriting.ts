/**
 * Rewrites a checked module so that a sandbox can keep its runs apart (`isolation.ts` says why that is enough):
 *
 *   - its memory becomes the import pappus.memory, so that memories can be pooled and measured
 *   - memory.size and memory.grow become a global and a call: the memory that the module sees is a number that can be
 *     put back, and the limit of the function holds whatever the module declares
 *   - the export pappus:reset puts mutable globals back (where the mode is reset), pappus:start is the start function (where
 *     there is one), pappus:denied is not 0 after memory.grow was refused (where there is a memory.grow)
 *   - tables get a maximum; debug information and exports that nobody calls go
 *
 * Functions keep their indices, so the name section stays right. Where code moved, the custom section pappus.offsets says
 * by how much (`offset-map.ts`).
 */
import { afterNumber, i32Bytes, nameBytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import { inTurn, writeBodies, type Edit } from './code-rewriting.ts';
import type { Isolation, MemoryPlan } from './isolation.ts';
import { MAX_NAME_SECTION_BYTES, MAX_TABLE_ENTRIES } from './limits.ts';
import { ENTRY_POINTS, RESERVED_PREFIX } from './module-check.ts';
import { EXTERNAL, SECTION, type ModuleExport, type ModuleFacts, type Section } from './module-facts.ts';
import type { OffsetShift } from './offset-map.ts';
import { extended, unchanged, writeOffsets } from './section-writing.ts';

export const MEMORY_IMPORT = { module: 'pappus', name: 'memory' } as const;
export const RESET_EXPORT: string = `${RESERVED_PREFIX}reset`;
export const START_EXPORT: string = `${RESERVED_PREFIX}start`;
export const DENIED_EXPORT: string = `${RESERVED_PREFIX}denied`;

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
interface Additions {
  readonly resetType: number;
  readonly growType: number;
  readonly resetFunction: number;
  readonly growFunction: number;
  readonly pagesGlobal: number;
  readonly deniedGlobal: number;
  readonly exports: readonly ExportEntry[];
}

type ExportEntry = Pick<ModuleExport, 'name' | 'kind' | 'index'>;

export function rewriteModule(facts: ModuleFacts, { mode, memory }: Isolation): Uint8Array {
  const functions = facts.importedFunctions + facts.functionTypes.length;
  const additions: Additions = {
    resetType: facts.types.length,
    growType: facts.types.length + 1,
    resetFunction: functions,
    growFunction: functions + 1,
    pagesGlobal: facts.globals.length,
    deniedGlobal: facts.globals.length + 1,
    exports: [
      ...(mode === 'reset' ? [{ name: RESET_EXPORT, kind: EXTERNAL.function, index: functions }] : []),
      ...(facts.code.memorySites.some(({ grows }) => grows) ? [{ name: DENIED_EXPORT, kind: EXTERNAL.global, index: facts.globals.length + 1 }] : []),
      ...(facts.start === null ? [] : [{ name: START_EXPORT, kind: EXTERNAL.function, index: facts.start }]),
    ],
  };
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

function sectionContent(id: (typeof ORDER)[number], section: Section | null, facts: ModuleFacts, memory: MemoryPlan, additions: Additions, shifts: OffsetShift[]): ByteSink | null {
  switch (id) {
    case SECTION.type:
      return extended(facts, section, facts.types.length, [[0x60, 0, 0], [0x60, 1, I32, 1, I32]]);
    case SECTION.import:
      return extended(facts, section, facts.imports.length, [memoryImport(memory)]);
    case SECTION.function:
      return extended(facts, section, facts.functionTypes.length, [u32Bytes(additions.resetType), u32Bytes(additions.growType)]);
    case SECTION.global:
      return extended(facts, section, facts.globals.length, [
        [I32, MUTABLE, I32_CONST, ...i32Bytes(memory.seenPages), END],
        [I32, MUTABLE, I32_CONST, 0, END],
      ]);
    case SECTION.table:
      return section === null ? null : tableSection(facts);
    case SECTION.export:
      return exportSection(facts, additions);
    case SECTION.code:
      return codeSection(facts, memory, additions, shifts);
    default:
      return section === null ? null : unchanged(facts, section);
  }
}

function memoryImport({ initialPages, maximumPages }: MemoryPlan): readonly number[] {
  return [...nameBytes(MEMORY_IMPORT.module), ...nameBytes(MEMORY_IMPORT.name), EXTERNAL.memory, 1, ...u32Bytes(initialPages), ...u32Bytes(maximumPages)];
}

function tableSection({ bytes, tables }: ModuleFacts): ByteSink {
  const sink = new ByteSink();
  sink.push(u32Bytes(tables.length));
  for (const { size, span: [start, limitsStart, limitsEnd, end] } of tables) {
    sink.push(bytes.subarray(start, limitsStart));
    sink.push([1, ...u32Bytes(size.minimum), ...u32Bytes(Math.min(size.maximum ?? MAX_TABLE_ENTRIES, MAX_TABLE_ENTRIES))]);
    sink.push(bytes.subarray(limitsEnd, end));
  }
  return sink;
}

/** Each export costs half a microsecond in each new instance. All stay where they are what allows ref.func of a function. */
function exportSection(facts: ModuleFacts, additions: Additions): ByteSink {
  const called = new Set(['_initialize', ...ENTRY_POINTS.lean.map(({ name }) => name), ...ENTRY_POINTS.wasi.map(({ name }) => name)]);
  const kept = facts.exports.filter(({ name }) => facts.code.usesFunctionReferences || called.has(name));
  const sink = new ByteSink();
  sink.push(u32Bytes(kept.length + additions.exports.length));
  for (const { name, kind, index } of [...kept, ...additions.exports]) sink.push([...nameBytes(name), kind, ...u32Bytes(index)]);
  return sink;
}

function codeSection(facts: ModuleFacts, memory: MemoryPlan, additions: Additions, shifts: OffsetShift[]): ByteSink {
  const sink = new ByteSink();
  sink.push(u32Bytes(facts.bodies.length + 2));
  const pages = [GLOBAL_GET, ...u32Bytes(additions.pagesGlobal)];
  const grow = [0x10, ...u32Bytes(additions.growFunction)];
  const sites = inTurn(facts.code.memorySites);
  writeBodies(facts, (_, index) => sites(index).map(({ at, grows }): Edit => ({ at, until: afterNumber(facts.bytes, at + 1), instead: grows ? grow : pages, trapsAt: null })), sink, shifts);
  sink.body(resetBody(facts, memory, additions));
  sink.body(growBody(memory, additions));
  return sink;
}

function resetBody({ bytes, globals }: ModuleFacts, memory: MemoryPlan, additions: Additions): Uint8Array {
  const body = new ByteSink();
  body.push([0]);
  for (const [index, { mutable, initStart, initEnd }] of globals.entries()) {
    if (!mutable) continue;
    body.push(bytes.subarray(initStart, initEnd));
    body.push([GLOBAL_SET, ...u32Bytes(index)]);
  }
  body.push([I32_CONST, ...i32Bytes(memory.seenPages), GLOBAL_SET, ...u32Bytes(additions.pagesGlobal)]);
  body.push([I32_CONST, 0, GLOBAL_SET, ...u32Bytes(additions.deniedGlobal), END]);
  return body.bytes();
}

/**
 * (param $more i32) (result i32): what memory.grow does, on the size that the module sees. The memory itself grows
 * only when that passes its initial pages.
 */
function growBody(memory: MemoryPlan, { pagesGlobal, deniedGlobal }: Additions): readonly number[] {
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

