/**
 * What a WebAssembly module consists of, as far as isolation needs to know: read from the binary in one pass, without
 * building a tree. The module must have been found valid before.
 */
import { ByteReader, MalformedModule } from './byte-reader.ts';
import { emptyCodeFacts, walkBody, walkConstant, type CodeFacts } from './instructions.ts';

export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12, tag: 13 } as const;
export const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

export interface Section {
  readonly id: number;
  /** The first byte of the content, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** Only of custom sections. */
  readonly name: string | null;
}

/** Parameters and results of a function type as letters: i, I, f, F for i32, i64, f32, f64; ? for anything else. */
export type Signature = string;

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  /** Of an imported function. */
  readonly signature: Signature | null;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
  /** Of an exported function. */
  readonly signature: Signature | null;
}

export interface SizeRange {
  readonly minimum: number;
  readonly maximum: number | null;
  readonly shared: boolean;
  readonly wide: boolean;
}

export interface TableFacts {
  readonly size: SizeRange;
  /** Bytes before and after the limits, which a rewriter keeps: [start, limits), [limits' end, end). */
  readonly span: readonly [start: number, limitsStart: number, limitsEnd: number, end: number];
}

export interface GlobalFacts {
  readonly mutable: boolean;
  /** The constant expression without its `end`. */
  readonly initStart: number;
  readonly initEnd: number;
}

export interface FunctionBody {
  /** Where its size stands, where its content begins and ends. */
  readonly sizeAt: number;
  readonly start: number;
  readonly end: number;
  /** Its locals besides its parameters, how many groups of one type they stand in, and where these end. */
  readonly locals: number;
  readonly localGroups: number;
  readonly localsEnd: number;
}

export interface ModuleFacts {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly Signature[];
  readonly imports: readonly ModuleImport[];
  readonly importedFunctions: number;
  /** Type indices of the functions that the module defines. */
  readonly functionTypes: readonly number[];
  readonly tables: readonly TableFacts[];
  readonly memories: readonly SizeRange[];
  readonly globals: readonly GlobalFacts[];
  readonly exports: readonly ModuleExport[];
  readonly start: number | null;
  readonly elementSegments: number;
  readonly dataSegments: number;
  readonly bodies: readonly FunctionBody[];
  readonly code: CodeFacts;
  /** Features that are refused whatever they are used for. */
  readonly refused: ReadonlySet<string>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Incomplete extends Error {}

/** Reads a valid module. Where something unknown stops the reading, `refused` or `code.unsupported` says what. */
export function readModule(bytes: Uint8Array): ModuleFacts {
  const sections = readSections(bytes);
  const facts: Mutable<ModuleFacts> = {
    bytes, sections, types: [], imports: [], importedFunctions: 0, functionTypes: [], tables: [], memories: [], globals: [], exports: [],
    start: null, elementSegments: 0, dataSegments: 0, bodies: [], code: emptyCodeFacts(), refused: new Set(),
  };
  try {
    for (const section of sections) readSection(new ByteReader(bytes, section.start, section.end), section.id, facts);
  } catch (thrown) {
    if (!(thrown instanceof Incomplete)) throw thrown;
    facts.refused = new Set([...facts.refused, thrown.message]);
  }
  return facts;
}

function readSections(bytes: Uint8Array): readonly Section[] {
  const reader = new ByteReader(bytes, 8, bytes.length);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    const name = id === SECTION.custom ? new ByteReader(bytes, start, reader.at).name() : null;
    sections.push({ id, start, end: reader.at, name });
  }
  return sections;
}

function readSection(reader: ByteReader, id: number, facts: Mutable<ModuleFacts>): void {
  switch (id) {
    case SECTION.type:
      facts.types = readVector(reader, () => readType(reader));
      return;
    case SECTION.import:
      facts.imports = readVector(reader, () => readImport(reader, facts));
      facts.importedFunctions = facts.imports.filter(({ kind }) => kind === EXTERNAL.function).length;
      return;
    case SECTION.function:
      facts.functionTypes = readVector(reader, () => reader.u32());
      return;
    case SECTION.table:
      facts.tables = readVector(reader, () => readTable(reader, facts));
      return;
    case SECTION.memory:
      facts.memories = readVector(reader, () => readSizes(reader));
      return;
    case SECTION.global:
      facts.globals = readVector(reader, () => readGlobal(reader, facts));
      return;
    case SECTION.export: {
      const signatures = functionSignatures(facts);
      facts.exports = readVector(reader, () => readExport(reader, signatures));
      return;
    }
    case SECTION.start:
      facts.start = reader.u32();
      return;
    case SECTION.element:
      facts.elementSegments = reader.u32();
      return;
    case SECTION.data:
      facts.dataSegments = reader.u32();
      return;
    case SECTION.code:
      readCode(reader, facts);
      return;
    case SECTION.custom:
    case SECTION.dataCount:
    case SECTION.tag:
      return;
    default:
      throw new Incomplete(`a section of the unknown kind ${id}`);
  }
}

function readVector<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let count = reader.u32(); count > 0; count--) items.push(read());
  return items;
}

const LETTERS: Readonly<Record<number, string>> = { 0x7f: 'i', 0x7e: 'I', 0x7d: 'f', 0x7c: 'F' };

function readType(reader: ByteReader): Signature {
  if (reader.byte() !== 0x60) throw new Incomplete('garbage-collected objects, whose memory has no limit');
  const letters = (): string => readVector(reader, () => LETTERS[reader.skipValueType()] ?? '?').join('');
  return `${letters()}:${letters()}`;
}

function readImport(reader: ByteReader, facts: ModuleFacts): ModuleImport {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  switch (kind) {
    case EXTERNAL.function:
      return { module, name, kind, signature: facts.types[reader.u32()] ?? null };
    case EXTERNAL.table:
      reader.skipValueType();
      readSizes(reader);
      break;
    case EXTERNAL.memory:
      readSizes(reader);
      break;
    case EXTERNAL.global:
      reader.skipValueType();
      reader.byte();
      break;
    case EXTERNAL.tag:
      reader.byte();
      reader.u32();
      break;
    default:
      throw new Incomplete(`an import of the unknown kind ${kind}`);
  }
  return { module, name, kind, signature: null };
}

function readSizes(reader: ByteReader): SizeRange {
  const flags = reader.byte();
  const wide = (flags & 4) !== 0;
  const size = (): number => {
    if (!wide) return reader.u32();
    reader.skipNumber();
    return 0;
  };
  const minimum = size();
  const maximum = (flags & 1) === 0 ? null : size();
  if (flags > 7) throw new Incomplete('memories with pages of their own size');
  return { minimum, maximum, shared: (flags & 2) !== 0, wide };
}

function readTable(reader: ByteReader, facts: ModuleFacts): TableFacts {
  const start = reader.at;
  const initialised = reader.bytes[reader.at] === 0x40;
  if (initialised) reader.skip(2);
  noException(reader);
  const limitsStart = reader.at;
  const size = readSizes(reader);
  const limitsEnd = reader.at;
  if (initialised) constant(reader, facts);
  return { size, span: [start, limitsStart, limitsEnd, reader.at] };
}

/** A value type that is kept for longer than a call: exceptions, with all that they carry, are on the heap of the thread. */
function noException(reader: ByteReader): void {
  const type = reader.bytes[reader.at] as number;
  const heapType = type === 0x63 || type === 0x64 ? reader.bytes[reader.at + 1] : type;
  if (heapType === 0x69) throw new Incomplete('a table or global of exceptions, whose memory has no limit');
  reader.skipValueType();
}

function readGlobal(reader: ByteReader, facts: ModuleFacts): GlobalFacts {
  noException(reader);
  const mutable = (reader.byte() & 1) !== 0;
  const initStart = reader.at;
  constant(reader, facts);
  return { mutable, initStart, initEnd: reader.at - 1 };
}

function constant(reader: ByteReader, facts: ModuleFacts): void {
  if (!walkConstant(reader, facts.code)) throw new Incomplete('a constant expression of an unknown kind');
}

function readExport(reader: ByteReader, signatures: readonly (Signature | null)[]): ModuleExport {
  const name = reader.name();
  const kind = reader.byte();
  const index = reader.u32();
  return { name, kind, index, signature: kind === EXTERNAL.function ? (signatures[index] ?? null) : null };
}

/** Of all functions by their index: imported ones first. */
function functionSignatures({ imports, functionTypes, types }: ModuleFacts): readonly (Signature | null)[] {
  const imported = imports.filter(({ kind }) => kind === EXTERNAL.function).map(({ signature }) => signature);
  return imported.concat(functionTypes.map((type) => types[type] ?? null));
}

/** Each body must end exactly where its size says: otherwise an instruction was misread, and nothing is proved. */
function readCode(reader: ByteReader, facts: Mutable<ModuleFacts>): void {
  const bodies: FunctionBody[] = [];
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const sizeAt = reader.at;
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    const body = new ByteReader(reader.bytes, start, reader.at);
    const groups = readVector(body, () => {
      const locals = body.u32();
      body.skipValueType();
      return locals;
    });
    bodies.push({ sizeAt, start, end: reader.at, locals: groups.reduce((sum, locals) => sum + locals, 0), localGroups: groups.length, localsEnd: body.at });
    if (!walkBody(body, index, facts.code)) return;
    if (body.at !== body.end || reader.bytes[body.end - 1] !== 0x0b) throw new MalformedModule(`function ${index} does not end where its size says`);
  }
  facts.bodies = bodies;
}
