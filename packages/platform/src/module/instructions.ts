/**
 * Walks over the instructions of a function body and notes those that decide how the module can be isolated. Only
 * modules that V8 has found valid get here; an instruction that is not known here is reported, never guessed.
 */
import type { ByteReader } from './byte-reader.ts';
import { MAX_BULK_SITES, MAX_MARKED_WRITES } from './limits.ts';

/** What the code of a module does besides computing. Positions are byte offsets in the module. */
export interface CodeFacts {
  /** Positions of `memory.size` and `memory.grow`, in their order. */
  readonly memorySites: MemorySite[];
  /** Positions of the instructions that write to the memory, in their order. */
  readonly writeSites: WriteSite[];
  /** It has instructions that write to the memory and are not among `writeSites`. */
  writesUnseen: boolean;
  /** Tables whose entries are changed, by index. */
  readonly changedTables: Set<number>;
  /** Names of instructions that make a table longer or drop a segment. */
  readonly lasting: Set<string>;
  /** Positions of the instructions that may take long, in their order: up to `MAX_BULK_SITES` and one more. */
  readonly bulkSites: CodeSite[];
  /** Names of instructions that are valid but refused here. */
  readonly unsupported: Set<string>;
  usesFunctionReferences: boolean;
}

export interface CodeSite {
  readonly at: number;
  /** Index of the function among those that the module defines. */
  readonly function: number;
}

export interface MemorySite extends CodeSite {
  readonly grows: boolean;
}

/** An instruction whose operands are an address and what is written there. */
export interface WriteSite extends CodeSite {
  /** A value of this type goes to address + offset; or, for `bulk`, as many bytes as the third operand says to the address. */
  readonly writes: StoredType | 'bulk';
  readonly offset: number;
}

/** As in the binary format: i32, i64, f32, f64, v128. */
export type StoredType = 0x7f | 0x7e | 0x7d | 0x7c | 0x7b;

export const emptyCodeFacts = (): CodeFacts => ({ memorySites: [], writeSites: [], writesUnseen: false, bulkSites: [], changedTables: new Set(), lasting: new Set(), unsupported: new Set(), usesFunctionReferences: false });

const NONE = 0;
const NUMBER = 1;
const TWO_NUMBERS = 2;
const MEMORY_ARGUMENT = 3;
const SPECIAL = 4;
const UNKNOWN = 5;

/** Kind of immediate operands by opcode. */
const IMMEDIATES = immediates();

function immediates(): Uint8Array {
  const table = new Uint8Array(256).fill(UNKNOWN);
  const set = (kind: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [first, last] of ranges) table.fill(kind, first, last + 1);
  };
  // unreachable, nop · else · throw_ref, end · return · catch_all, drop, select · numeric · ref.is_null, ref.eq, ref.as_non_null
  set(NONE, [0x00, 0x01], [0x05, 0x05], [0x0a, 0x0b], [0x0f, 0x0f], [0x19, 0x1b], [0x45, 0xc4], [0xd1, 0xd1], [0xd3, 0xd4]);
  // block, loop, if, try, catch, throw, rethrow · br, br_if · call · return_call · call_ref, return_call_ref · delegate
  set(NUMBER, [0x02, 0x04], [0x06, 0x09], [0x0c, 0x0d], [0x10, 0x10], [0x12, 0x12], [0x14, 0x15], [0x18, 0x18]);
  // locals, globals, table.get · i32.const, i64.const · ref.null · br_on_null, br_on_non_null
  set(NUMBER, [0x20, 0x25], [0x41, 0x42], [0xd0, 0xd0], [0xd5, 0xd6]);
  set(TWO_NUMBERS, [0x11, 0x11], [0x13, 0x13]);
  set(MEMORY_ARGUMENT, [0x28, 0x3e]);
  // br_table · select t · try_table · table.set · memory.size, memory.grow · f32.const, f64.const · ref.func · prefixes
  set(SPECIAL, [0x0e, 0x0e], [0x1c, 0x1c], [0x1f, 0x1f], [0x26, 0x26], [0x3f, 0x40], [0x43, 0x44], [0xd2, 0xd2], [0xfc, 0xfe]);
  return table;
}

/** Walks up to the reader's end. False where an instruction is unknown: what follows it was not seen. */
export function walkBody(reader: ByteReader, functionIndex: number, facts: CodeFacts): boolean {
  while (!reader.done) if (!walkInstruction(reader, functionIndex, facts)) return false;
  return true;
}

/** Passes over a constant expression with its `end`. */
export function walkConstant(reader: ByteReader, facts: CodeFacts): boolean {
  for (;;) {
    if (reader.bytes[reader.at] === 0x0b) {
      reader.byte();
      return true;
    }
    if (!walkInstruction(reader, -1, facts)) return false;
  }
}

function walkInstruction(reader: ByteReader, functionIndex: number, facts: CodeFacts): boolean {
  const opcode = reader.byte();
  switch (IMMEDIATES[opcode]) {
    case NONE:
      return true;
    case NUMBER:
      // A block type of one byte is a number of one byte, except for a reference to a type of the module.
      if (opcode <= 0x06 && opcode >= 0x02) skipBlockType(reader);
      else reader.skipNumber();
      return true;
    case TWO_NUMBERS:
      reader.skipNumber();
      reader.skipNumber();
      return true;
    case MEMORY_ARGUMENT: {
      const at = reader.at - 1;
      const offset = readMemoryArgument(reader);
      const writes = STORES[opcode];
      if (writes !== undefined) addWrite(facts, { at, function: functionIndex, writes, offset });
      return true;
    }
    case SPECIAL:
      return walkSpecial(reader, opcode, functionIndex, facts);
    default:
      return unknown(facts, opcode.toString(16).padStart(2, '0'));
  }
}

function walkSpecial(reader: ByteReader, opcode: number, functionIndex: number, facts: CodeFacts): boolean {
  switch (opcode) {
    case 0x0e:
      for (let labels = reader.u32(); labels >= 0; labels--) reader.skipNumber();
      return true;
    case 0x1c:
      for (let types = reader.u32(); types > 0; types--) reader.skipValueType();
      return true;
    case 0x1f:
      skipBlockType(reader);
      skipCatches(reader);
      return true;
    case 0x26:
      facts.changedTables.add(reader.u32());
      return true;
    case 0x3f:
    case 0x40:
      facts.memorySites.push({ at: reader.at - 1, function: functionIndex, grows: opcode === 0x40 });
      reader.skipNumber();
      return true;
    case 0x43:
    case 0x44:
      reader.skip(opcode === 0x43 ? 4 : 8);
      return true;
    case 0xd2:
      facts.usesFunctionReferences = true;
      reader.skipNumber();
      return true;
    case 0xfc:
      return walkBulk(reader, functionIndex, facts);
    case 0xfd:
      return walkVector(reader, functionIndex, facts);
    default:
      return walkAtomic(reader, facts);
  }
}

function skipBlockType(reader: ByteReader): void {
  const first = reader.bytes[reader.at];
  if (first === 0x63 || first === 0x64) reader.byte();
  reader.skipNumber();
}

/** i32.store, i64.store, f32.store, f64.store · i32.store8 and 16 · i64.store8, 16 and 32. */
const STORES: Readonly<Record<number, StoredType>> = { 0x36: 0x7f, 0x37: 0x7e, 0x38: 0x7d, 0x39: 0x7c, 0x3a: 0x7f, 0x3b: 0x7f, 0x3c: 0x7e, 0x3d: 0x7e, 0x3e: 0x7e };
const V128 = 0x7b;

/** The offset. */
function readMemoryArgument(reader: ByteReader): number {
  const flags = reader.u32();
  if ((flags & 0x40) !== 0) reader.skipNumber();
  let offset = 0;
  // A 64-bit memory, which is refused, has offsets of more bits.
  for (let unit = 1; ; unit *= 128) {
    const byte = reader.byte();
    offset += (byte & 127) * unit;
    if (byte < 128) return offset;
  }
}

function skipCatches(reader: ByteReader): void {
  for (let clauses = reader.u32(); clauses > 0; clauses--) {
    const kind = reader.byte();
    if (kind < 2) reader.skipNumber();
    reader.skipNumber();
  }
}

/** Immediates of the instructions behind 0xfc, and what they change besides memory: the entries of a table (which immediate says which), or something for good. */
const BULK: readonly (readonly [numbers: number, changes: 'first' | 'second' | Lasting | null])[] = [
  ...Array.from({ length: 8 }, () => [0, null] as const), // saturating conversions
  [2, null], // memory.init: reads a segment
  [1, { name: 'data.drop' }],
  [2, null], // memory.copy
  [1, null], // memory.fill
  [2, 'second'], // table.init: segment, table
  [1, { name: 'elem.drop' }],
  [2, 'first'], // table.copy: to, from
  [1, { name: 'table.grow' }],
  [1, null], // table.size
  [1, 'first'], // table.fill
  [1, { name: 'memory.discard' }],
  ...Array.from({ length: 4 }, () => [0, null] as const), // 128-bit arithmetic
];

interface Lasting {
  readonly name: string;
}

/** memory.init, memory.copy, memory.fill. */
const BULK_WRITES = new Set([8, 10, 11]);
/** These, table.init, table.copy, table.grow, table.fill. */
const BULK_WORK = new Set([...BULK_WRITES, 12, 14, 15, 17]);

function walkBulk(reader: ByteReader, functionIndex: number, facts: CodeFacts): boolean {
  const at = reader.at - 1;
  const opcode = reader.u32();
  const entry = BULK[opcode];
  if (entry === undefined || opcode === 18) return unknown(facts, `fc ${opcode.toString(16)}`);
  const [numbers, changes] = entry;
  const immediates = Array.from({ length: numbers }, () => reader.u32());
  if (changes === 'first' || changes === 'second') facts.changedTables.add(immediates[changes === 'first' ? 0 : 1] as number);
  else if (changes !== null) facts.lasting.add(changes.name);
  if (BULK_WORK.has(opcode) && facts.bulkSites.length <= MAX_BULK_SITES) facts.bulkSites.push({ at, function: functionIndex });
  if (BULK_WRITES.has(opcode)) addWrite(facts, { at, function: functionIndex, writes: 'bulk', offset: 0 });
  return true;
}

const FIRST_RELAXED = 0x100;
const LAST_RELAXED = 0x113;

const VECTOR_STORE = 11;
const FIRST_LANE_STORE = 88;

function walkVector(reader: ByteReader, functionIndex: number, facts: CodeFacts): boolean {
  const at = reader.at - 1;
  const opcode = reader.u32();
  const write = (offset: number): void => addWrite(facts, { at, function: functionIndex, writes: V128, offset });
  if (opcode === VECTOR_STORE) write(readMemoryArgument(reader));
  else if (opcode < VECTOR_STORE || opcode === 92 || opcode === 93) readMemoryArgument(reader);
  else if (opcode === 12 || opcode === 13) reader.skip(16);
  else if (opcode >= 21 && opcode <= 34) reader.skip(1);
  else if (opcode >= 84 && opcode <= 91) {
    const offset = readMemoryArgument(reader);
    reader.skip(1);
    if (opcode >= FIRST_LANE_STORE) write(offset);
  } else if (opcode >= FIRST_RELAXED && opcode <= LAST_RELAXED) facts.unsupported.add('relaxed vector instructions, whose results differ between machines');
  else if (opcode > LAST_RELAXED) return unknown(facts, `fd ${opcode.toString(16)}`);
  return true;
}

const FIRST_ATOMIC_STORE = 0x17;

function walkAtomic(reader: ByteReader, facts: CodeFacts): boolean {
  const opcode = reader.u32();
  if (opcode > 0x4e) return unknown(facts, `fe ${opcode.toString(16)}`);
  if (opcode === 3) reader.byte();
  else readMemoryArgument(reader);
  if (opcode >= FIRST_ATOMIC_STORE) facts.writesUnseen = true;
  return true;
}

function addWrite(facts: CodeFacts, site: WriteSite): void {
  if (facts.writeSites.length < MAX_MARKED_WRITES) facts.writeSites.push(site);
  else facts.writesUnseen = true;
}

function unknown(facts: CodeFacts, code: string): boolean {
  facts.unsupported.add(code.startsWith('fb') ? 'garbage-collected objects' : `the instruction 0x${code}`);
  return false;
}

