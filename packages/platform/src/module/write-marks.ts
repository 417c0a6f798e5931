/**
 * Marks of the blocks of memory that a run writes to, so that only these have to be made new after it. Code marks before
 * it writes, as a collector's write barrier marks cards:
 *
 *   address, value ─► (value kept) ─► marks[(address + offset) >> BLOCK_BITS] = 1 ─► address, value ─► the store itself
 *
 * The marks are bytes of a second memory, pappus.marks, which no instruction of the module reaches: it has one memory, and
 * so all of its own instructions mean the first. What is written by one store and is not in the marked block are the
 * first bytes of the next: less than the longest store has (`MAX_STORE_BYTES`).
 *
 * A mark that is made too early or too often costs time and nothing else: a trap between the mark and the store does no
 * harm. An address beyond the marks is one beyond the largest memory: marking it traps as the store would.
 */
import { afterNumber, i32Bytes, nameBytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import { inTurn, writeBodies, type BodyEdits, type Edit } from './code-rewriting.ts';
import type { StoredType, WriteSite } from './instructions.ts';
import { BLOCK_BITS, MARK_PAGES, MAX_MARKED_BODY_BYTES, MAX_MARKED_LOCALS, MAX_MARKED_MODULE_BYTES } from './limits.ts';
import { EXTERNAL, readModule, SECTION, type ModuleFacts, type Section } from './module-facts.ts';
import type { OffsetShift } from './offset-map.ts';
import { extended, unchanged, writeOffsets } from './section-writing.ts';

/** Where the marks are: one byte for each block. */
export const MARKS_IMPORT = { module: 'pappus', name: 'marks' } as const;
/** Of a vector. */
export const MAX_STORE_BYTES = 16;

const I32 = 0x7f;
const END = 0x0b;
const CALL = 0x10;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I32_SHR_U = 0x76;
/** One byte to the memory with index 1. */
const STORE_MARK: readonly number[] = [0x3a, 0x40, 1, 0];
const BLOCK_OF: readonly number[] = [I32_CONST, BLOCK_BITS, I32_SHR_U];

/** A prepared module that marks what it writes, or null for one that can't. */
export function markWrites(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length > MAX_MARKED_MODULE_BYTES) return null;
  const facts = readModule(bytes);
  // Each mark makes a body longer, and the engine has limits for these.
  const fits = facts.bodies.every(({ start, end, locals }) => end - start <= MAX_MARKED_BODY_BYTES && locals <= MAX_MARKED_LOCALS);
  if (facts.code.writesUnseen || !fits) return null;
  const sink = new ByteSink();
  sink.push(bytes.subarray(0, 8));
  const shifts: OffsetShift[] = [];
  let codeStart = 0;
  for (const section of facts.sections) {
    const start = sink.section(section.id, sectionContent(facts, section, shifts));
    if (section.id === SECTION.code) codeStart = start;
  }
  writeOffsets(sink, shifts, codeStart);
  return sink.bytes();
}

function sectionContent(facts: ModuleFacts, section: Section, shifts: OffsetShift[]): ByteSink {
  switch (section.id) {
    case SECTION.type:
      return extended(facts, section, facts.types.length, [[0x60, 2, I32, I32, 0]]);
    case SECTION.import: {
      const { module, name } = MARKS_IMPORT;
      return extended(facts, section, facts.imports.length, [[...nameBytes(module), ...nameBytes(name), EXTERNAL.memory, 1, ...u32Bytes(MARK_PAGES), ...u32Bytes(MARK_PAGES)]]);
    }
    case SECTION.function:
      return extended(facts, section, facts.functionTypes.length, [u32Bytes(facts.types.length)]);
    case SECTION.code: {
      const sink = new ByteSink();
      sink.push(u32Bytes(facts.bodies.length + 1));
      writeBodies(facts, markEdits(facts), sink, shifts);
      sink.body(markBody());
      return sink;
    }
    default:
      return unchanged(facts, section);
  }
}

function markEdits(facts: ModuleFacts): BodyEdits {
  const markFunction = facts.importedFunctions + facts.functionTypes.length;
  const sites = inTurn(facts.code.writeSites);
  return (body, index) => {
    const writes = sites(index);
    if (writes.length === 0) return [];
    const { groups, marks } = marksOf(writes, parametersOf(facts, index) + body.locals, markFunction);
    return [
      { at: body.start, until: afterNumber(facts.bytes, body.start), instead: u32Bytes(body.localGroups + groups.length), trapsAt: null },
      { at: body.localsEnd, until: body.localsEnd, instead: groups.flat(), trapsAt: null },
      ...marks,
    ];
  };
}

/** A signature has a letter for each. */
const parametersOf = ({ types, functionTypes }: ModuleFacts, index: number): number => types[functionTypes[index] ?? -1]?.indexOf(':') ?? 0;

interface Marks {
  /** Locals that are added to the function, each a group of its own. */
  readonly groups: readonly (readonly number[])[];
  readonly marks: readonly Edit[];
}

/** What goes before the writes of one function whose first free local is `free`. */
function marksOf(sites: readonly WriteSite[], free: number, markFunction: number): Marks {
  const types: number[] = [];
  const local = (type: number, nth = 0): readonly number[] => {
    const key = type + nth * 256;
    if (!types.includes(key)) types.push(key);
    return u32Bytes(free + types.indexOf(key));
  };
  const marks = sites.map(({ at, writes, offset }): Edit => {
    const address = local(I32);
    if (writes === 'bulk') return { at, until: at, trapsAt: null, instead: bulkMark(address, local(I32, 1), local(I32, 2), markFunction) };
    const before = storeMark(address, local(...valueLocal(writes)), offset);
    return { at, until: at, ...before };
  });
  return { groups: types.map((key) => [1, key & 255]), marks };
}

/** An i32 value needs another local than the address. */
const valueLocal = (type: StoredType): readonly [type: number, nth: number] => [type, type === I32 ? 1 : 0];

function storeMark(address: readonly number[], value: readonly number[], offset: number): Pick<Edit, 'instead' | 'trapsAt'> {
  const index = [
    LOCAL_SET, ...value, LOCAL_TEE, ...address, LOCAL_GET, ...address,
    ...(offset === 0 ? [] : [I32_CONST, ...i32Bytes(offset), I32_ADD]),
    ...BLOCK_OF, I32_CONST, 1,
  ];
  return { instead: [...index, ...STORE_MARK, LOCAL_GET, ...value], trapsAt: index.length };
}

function bulkMark(address: readonly number[], source: readonly number[], length: readonly number[], markFunction: number): readonly number[] {
  return [
    LOCAL_SET, ...length, LOCAL_SET, ...source, LOCAL_TEE, ...address,
    LOCAL_GET, ...address, LOCAL_GET, ...length, CALL, ...u32Bytes(markFunction),
    LOCAL_GET, ...source, LOCAL_GET, ...length,
  ];
}

/** (param $at i32) (param $length i32): marks the blocks of the range. One that is not in the memory is left: what is about to write it traps. */
function markBody(): readonly number[] {
  const [at, length] = [[LOCAL_GET, 0], [LOCAL_GET, 1]] as const;
  const RETURN_IF = [0x04, 0x40, 0x0f, END];
  const EXTEND_U = 0xad;
  return [
    0,
    ...length, 0x45, ...RETURN_IF,
    // at + length > memory.size * 65536, in 64 bits
    ...at, EXTEND_U, ...length, EXTEND_U, 0x7c, 0x3f, 0, EXTEND_U, 0x42, 16, 0x86, 0x56, ...RETURN_IF,
    // memory.fill of the marks from the first block on with 1, for last block - first block + 1
    ...at, ...BLOCK_OF, I32_CONST, 1,
    ...at, ...length, I32_ADD, I32_CONST, 1, I32_SUB, ...BLOCK_OF, ...at, ...BLOCK_OF, I32_SUB, I32_CONST, 1, I32_ADD,
    0xfc, 0x0b, 1, END,
  ];
}
