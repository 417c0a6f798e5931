/**
 * Random modules in the binary format with everything that a module can have: valid nearly always, and with the lean
 * interface or as a WASI program. A lean one gives its first page as an item, with its globals in it, so that two runs
 * that differ in anything give different outputs.
 */
import { randomInt, type Random } from '@pappus/core';
import { WASI_MODULE, WASI_IMPORTABLE } from '../../sandbox/wasi/signatures.ts';
import { i32Bytes, nameBytes, u32Bytes } from '../byte-reader.ts';
import { ByteSink } from '../byte-sink.ts';
import { EXTERNAL, SECTION } from '../module-facts.ts';
import { LETTERS, RandomCode, VALUE_TYPES, type FunctionType, type Letter, type Surroundings } from './random-code.ts';

const FUEL = 200;
const END = 0x0b;
const ZEROS: Readonly<Record<Letter, readonly number[]>> = { i: [0x41, 0], I: [0x42, 0], f: [0x43, 0, 0, 0, 0], F: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] };
/** Where the output of a lean module stands. */
const LAYOUT = { sets: 64, set: 80, item: 96, name: 128, globals: 256 } as const;
const PAGE_BYTES = 65_536;

interface Parts extends Surroundings {
  readonly imports: readonly (readonly [name: string, type: number])[];
  readonly lean: boolean;
  readonly segments: { readonly data: readonly boolean[]; readonly elements: readonly boolean[] };
}

export function structuredModule(random: Random): Uint8Array {
  const parts = randomParts(random);
  const sink = new ByteSink();
  sink.push([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, entries: readonly (readonly number[])[]): void => {
    if (entries.length === 0) return;
    const content = new ByteSink();
    content.push(u32Bytes(entries.length));
    for (const entry of entries) content.push(entry);
    sink.section(id, content);
  };
  const { types, imports, functions, tableEntries, tags, segments } = parts;
  const own = functions.slice(imports.length);
  section(SECTION.type, types.map(({ parameters, results }) => [0x60, ...typeVector(parameters), ...typeVector(results)]));
  section(SECTION.import, imports.map(([name, type]) => [...nameBytes(WASI_MODULE), ...nameBytes(name), EXTERNAL.function, ...u32Bytes(type)]));
  section(SECTION.function, own.map((type) => u32Bytes(type)));
  if (tableEntries > 0) section(SECTION.table, [randomInt(random, 0, 1) === 0 ? [0x70, 0, tableEntries] : [0x70, 1, tableEntries, tableEntries + 8]]);
  section(SECTION.memory, [randomInt(random, 0, 1) === 0 ? [0, 1] : [1, 1, ...u32Bytes(randomInt(random, 1, 70))]]);
  section(SECTION.tag, Array.from({ length: tags }, () => [0, ...u32Bytes(types.findIndex(({ parameters, results }) => parameters.length + results.length === 0))]));
  section(SECTION.global, parts.globals.map(({ type, mutable }, index) => [VALUE_TYPES[type], mutable ? 1 : 0, ...initial(random, parts, type, index), END]));
  section(SECTION.export, exportsOf(random, parts));
  if (randomInt(random, 0, 4) === 0) pushStart(sink, parts);
  section(SECTION.element, segments.elements.map((passive) => (passive ? [1, 0, 1, functions.length - 1] : [0, 0x41, 0, END, 1, functions.length - 1])));
  if (segments.data.length > 0) sink.section(SECTION.dataCount, contentOf(u32Bytes(segments.data.length)));
  section(SECTION.code, own.map((_, index) => sized(body(random, parts, imports.length + index))));
  section(SECTION.data, segments.data.map((passive) => [...(passive ? [1] : [0, 0x41, ...i32Bytes(randomInt(random, 0, 60_000)), END]), 3, 0x61, 0x62, 0x63]));
  if (randomInt(random, 0, 2) === 0) sink.section(SECTION.custom, contentOf([...nameBytes('name'), 1, 5, 1, 0, 2, 0x66, 0x30]));
  return sink.bytes();
}

const typeVector = (letters: readonly Letter[]): readonly number[] => [...u32Bytes(letters.length), ...letters.map((letter) => VALUE_TYPES[letter])];
const sized = (bytes: readonly number[]): readonly number[] => [...u32Bytes(bytes.length), ...bytes];

function contentOf(bytes: readonly number[]): ByteSink {
  const sink = new ByteSink();
  sink.push(bytes);
  return sink;
}

const ENTRY_TYPE: FunctionType = { parameters: ['i'], results: ['i'] };
const PLAIN_TYPE: FunctionType = { parameters: [], results: [] };

function randomParts(random: Random): Parts {
  const number = (low: number, high: number): number => randomInt(random, low, high);
  const letters = (most: number): readonly Letter[] => Array.from({ length: number(0, most) }, () => LETTERS[number(0, 3)] as Letter);
  const types: FunctionType[] = [PLAIN_TYPE, ENTRY_TYPE, ...Array.from({ length: number(0, 5) }, () => ({ parameters: letters(3), results: letters(1) }))];
  const imports = Array.from({ length: Math.max(0, number(-2, 4)) }, () => wasiImport(random, types));
  const lean = number(0, 3) > 0;
  const others = Array.from({ length: number(0, 4) }, () => number(0, types.length - 1));
  const functions = [...imports.map(([, type]) => type), ...others, ...(lean ? [1, 1] : [0])];
  const globals = [{ type: 'i' as const, mutable: true }, ...Array.from({ length: number(0, 5) }, () => ({ type: LETTERS[number(0, 3)] as Letter, mutable: number(0, 2) > 0 }))];
  const tableEntries = number(0, 1) === 0 ? 0 : number(1, 6);
  const data = Array.from({ length: number(0, 3) }, () => number(0, 1) === 0);
  const elements = tableEntries === 0 ? [] : Array.from({ length: number(0, 3) }, () => number(0, 1) === 0);
  const passive = (all: readonly boolean[]): readonly number[] => all.flatMap((each, index) => (each ? [index] : []));
  return {
    types, imports, lean, functions, globals, fuel: 0, tableEntries, segments: { data, elements },
    passiveData: passive(data), passiveElements: passive(elements), tags: number(0, 1), changesTables: number(0, 2) === 0,
  };
}

/** An import of WASI, whose type is added where it is not there. */
function wasiImport(random: Random, types: FunctionType[]): readonly [string, number] {
  const all = [...(WASI_IMPORTABLE.get(WASI_MODULE) ?? [])];
  const [name, signature] = all[randomInt(random, 0, all.length - 1)] as [string, string];
  const [parameters = '', results = ''] = signature.split(':');
  types.push({ parameters: parameters.split('') as Letter[], results: results.split('') as Letter[] });
  return [name, types.length - 1];
}

/** A constant expression: of the fuel a number, of others a constant, a sum or an immutable global before it. */
function initial(random: Random, { globals }: Parts, type: Letter, index: number): readonly number[] {
  if (index === 0) return [0x41, ...i32Bytes(FUEL)];
  const before = globals.findIndex((each, at) => at < index && each.type === type && !each.mutable);
  if (before >= 0 && randomInt(random, 0, 1) === 0) return [0x23, ...u32Bytes(before)];
  if (type === 'i' && randomInt(random, 0, 1) === 0) return [0x41, ...i32Bytes(random.uint32() | 0), 0x41, 3, 0x6a];
  return type === 'i' ? [0x41, ...i32Bytes(random.uint32() | 0)] : ZEROS[type];
}

function exportsOf(random: Random, { lean, functions, imports }: Parts): readonly (readonly number[])[] {
  const last = functions.length - 1;
  const entries = lean ? [['pappus_alloc', last - 1], ['pappus_run', last]] as const : [['_start', last]] as const;
  const more = randomInt(random, 0, 1) === 0 ? [] : [[...nameBytes('memory'), EXTERNAL.memory, 0], [...nameBytes('other'), EXTERNAL.function, ...u32Bytes(randomInt(random, 0, imports.length))]];
  return [...entries.map(([name, index]) => [...nameBytes(name), EXTERNAL.function, ...u32Bytes(index)]), ...more];
}

/** The first function of the module's own without parameters and results, where there is one. */
function pushStart(sink: ByteSink, { functions, imports }: Parts): void {
  const start = functions.findIndex((type, index) => type === 0 && index >= imports.length);
  if (start >= 0) sink.section(SECTION.start, contentOf(u32Bytes(start)));
}

function body(random: Random, parts: Parts, index: number): readonly number[] {
  const { types, functions, lean } = parts;
  const type = types[functions[index] ?? 0] ?? PLAIN_TYPE;
  const locals = Array.from({ length: randomInt(random, 0, 3) }, () => LETTERS[randomInt(random, 0, 3)] as Letter);
  const declared = [...u32Bytes(locals.length), ...locals.flatMap((letter) => [1, VALUE_TYPES[letter]])];
  if (lean && index === functions.length - 2) return [...declared, 0x41, ...i32Bytes(4_096), END];
  const code = new RandomCode(random, parts, [...type.parameters, ...locals]);
  const without = [...type.results.flatMap((letter) => ZEROS[letter]), 0x0f];
  const statements = [...code.taking(without), ...code.statements(randomInt(random, 1, 6), 3)];
  const end = lean && index === functions.length - 1 ? layout(parts) : type.results.flatMap((letter) => code.value(letter, 2));
  return [...declared, ...statements, ...end, END];
}

/** The output: one item that is the first page, with all globals in it. */
function layout({ globals }: Parts): readonly number[] {
  const word = (at: number, value: number): readonly number[] => [0x41, ...i32Bytes(at), 0x41, ...i32Bytes(value), 0x36, 0, 0];
  const kept = globals.flatMap(({ type }, index) => [0x41, ...i32Bytes(LAYOUT.globals + index * 8), 0x23, ...u32Bytes(index), ...asLong(type), 0x37, 0, 0]);
  const { sets, set, item, name } = LAYOUT;
  const words = [[sets, set], [sets + 4, 1], [set + 8, item], [set + 12, 1], [item, name], [item + 4, 1], [item + 8, 5], [item + 12, 0], [item + 16, PAGE_BYTES], [name, 0x6e]];
  return [...kept, ...words.flatMap(([at = 0, value = 0]) => word(at, value)), 0x41, ...i32Bytes(sets)];
}

function asLong(type: Letter): readonly number[] {
  switch (type) {
    case 'i':
      return [0xac];
    case 'I':
      return [];
    case 'f':
      return [0xfc, 4];
    case 'F':
      return [0xfc, 6];
  }
}
