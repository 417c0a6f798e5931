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
import { i32Bytes, nameBytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import type { MemorySite } from './instructions.ts';
import type { Isolation, MemoryPlan } from './isolation.ts';
import { MAX_NAME_SECTION_BYTES, MAX_TABLE_ENTRIES } from './limits.ts';
import { ENTRY_POINTS, RESERVED_PREFIX } from './module-check.ts';
import { EXTERNAL, SECTION, type ModuleExport, type ModuleFacts, type Section } from './module-facts.ts';
import { encodeOffsets, OFFSETS_SECTION, type OffsetShift } from './offset-map.ts';

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
  for (const id of ORDER) {
    const section = facts.sections.find((each) => each.id === id) ?? null;
    const content = sectionContent(id, section, facts, memory, additions, shifts);
    if (content === null) continue;
    const start = sink.section(id, content);
    if (id === SECTION.code) for (const [index, { at, shift }] of shifts.entries()) shifts[index] = { at: at + start, shift: shift - start };
  }
  const names = facts.sections.find(({ id, name }) => id === SECTION.custom && name === 'name');
  if (names !== undefined && names.end - names.start <= MAX_NAME_SECTION_BYTES) sink.section(SECTION.custom, raw(facts, names));
  const offsets = new ByteSink();
  offsets.push(nameBytes(OFFSETS_SECTION));
  offsets.push(encodeOffsets(shifts));
  sink.section(SECTION.custom, offsets);
  return sink.bytes();
}

function raw(facts: ModuleFacts, { start, end }: Section): ByteSink {
  const sink = new ByteSink();
  sink.push(facts.bytes.subarray(start, end));
  return sink;
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
      return section === null ? null : raw(facts, section);
  }
}

/** A section that is a vector, with more entries at its end. */
function extended(facts: ModuleFacts, section: Section | null, count: number, more: readonly (readonly number[])[]): ByteSink {
  const sink = new ByteSink();
  sink.push(u32Bytes(count + more.length));
  if (section !== null) sink.push(facts.bytes.subarray(afterNumber(facts.bytes, section.start), section.end));
  for (const entry of more) sink.push(entry);
  return sink;
}

function afterNumber(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] as number) >= 128) end++;
  return end + 1;
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

/** Bodies without memory.size and memory.grow are copied in runs; `shifts` gets where code moves, relative to the section. */
function codeSection(facts: ModuleFacts, memory: MemoryPlan, additions: Additions, shifts: OffsetShift[]): ByteSink {
  const { bytes, bodies, code } = facts;
  const sink = new ByteSink();
  sink.push(u32Bytes(bodies.length + 2));
  const pages = [GLOBAL_GET, ...u32Bytes(additions.pagesGlobal)];
  const grow = [0x10, ...u32Bytes(additions.growFunction)];
  let from = bodies[0]?.sizeAt ?? 0;
  shifts.push({ at: sink.length, shift: from - sink.length });
  const copy = (to: number, instead: readonly number[], original: number): void => {
    sink.push(bytes.subarray(from, to));
    sink.push(instead);
    from = original;
    shifts.push({ at: sink.length, shift: from - sink.length });
  };
  let site = 0;
  while (site < code.memorySites.length) {
    const body = bodies[code.memorySites[site]?.function ?? 0];
    if (body === undefined) break;
    const first = site;
    let size = body.end - body.start;
    for (; site < code.memorySites.length && (code.memorySites[site]?.at ?? 0) < body.end; site++) {
      const { at, grows } = code.memorySites[site] as MemorySite;
      size += (grows ? grow : pages).length - (afterNumber(bytes, at + 1) - at);
    }
    copy(body.sizeAt, u32Bytes(size), body.start);
    for (const { at, grows } of code.memorySites.slice(first, site)) copy(at, grows ? grow : pages, afterNumber(bytes, at + 1));
  }
  sink.push(bytes.subarray(from, bodies.at(-1)?.end ?? 0));
  for (const body of [resetBody(facts, memory, additions), Uint8Array.from(growBody(memory, additions))]) {
    sink.push(u32Bytes(body.length));
    sink.push(body);
  }
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

