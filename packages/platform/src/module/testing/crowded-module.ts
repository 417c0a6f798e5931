/** WASI programs with very many of one thing: what a reader of modules does twice for each of them, it feels here. */
import fc from 'fast-check';
import { nameBytes, u32Bytes } from '../byte-reader.ts';
import { ByteSink } from '../byte-sink.ts';
import { SECTION } from '../module-facts.ts';

/** A WASI program with very many of one thing, valid or just beyond what an engine takes. */
export const crowded: fc.Arbitrary<Uint8Array> = fc.tuple(fc.constantFrom(...crowds()), fc.integer({ min: 0, max: 18 }), fc.nat({ max: 3 })).map(([crowd, power, more]) => crowd(2 ** power + more));

type Crowd = (count: number) => Uint8Array;

function crowds(): readonly Crowd[] {
  const repeated = (bytes: readonly number[]): ((count: number) => Uint8Array) => (count) => Buffer.alloc(count * bytes.length, Uint8Array.from(bytes));
  const nops = (count: number): Uint8Array => Buffer.alloc(count, 0x01);
  return [
    (count) => crowdedProgram({ types: [count, repeated([0x60, 0, 0])(count)] }),
    (count) => crowdedProgram({ imports: [count, repeated([...nameBytes('wasi_snapshot_preview1'), ...nameBytes('sched_yield'), 0, 1])(count)] }),
    (count) => crowdedProgram({ imports: [count, repeated([0, 0, 0, 1])(count)], exports: [count, numbered(count, (index) => [0, index])] }),
    (count) => crowdedProgram({ functions: count }),
    (count) => crowdedProgram({ globals: [count, repeated([0x7f, 1, 0x41, 0, 0x0b])(count)] }),
    (count) => crowdedProgram({ globals: [1, Buffer.concat([Uint8Array.from([0x7f, 1, 0x41, 0]), repeated([0x41, 1, 0x6a])(count), Uint8Array.of(0x0b)])] }),
    (count) => crowdedProgram({ exports: [count, numbered(count, () => [2, 0])] }),
    (count) => crowdedProgram({ data: [count, repeated([1, 0])(count)] }),
    (count) => crowdedProgram({ body: nops(count) }),
    (count) => crowdedProgram({ body: repeated([0x3f, 0, 0x1a])(count) }),
    (count) => crowdedProgram({ body: repeated([0x41, 0, 0x40, 0, 0x1a])(count) }),
    (count) => crowdedProgram({ body: Buffer.concat([repeated([0x02, 0x40])(count), repeated([0x0b])(count)]) }),
    (count) => crowdedProgram({ body: Buffer.concat([Uint8Array.from([0x02, 0x40, 0x41, 0, 0x0e, ...u32Bytes(count)]), Buffer.alloc(count + 1), Uint8Array.of(0x0b)]) }),
    (count) => crowdedProgram({ locals: [1, Uint8Array.from([...u32Bytes(count), 0x7f])] }),
    (count) => crowdedProgram({ locals: [count, repeated([0, 0x7f])(count)] }),
    (count) => crowdedProgram({ custom: nops(count) }),
  ];
}

/** Export entries with names of their own: each is `kind, index` after its name. */
function numbered(count: number, entry: (index: number) => readonly [kind: number, index: number]): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, index) => {
    const [kind, target] = entry(index);
    return Uint8Array.from([...nameBytes(`e${index}`), kind, ...u32Bytes(target)]);
  }));
}

type Vector = readonly [count: number, entries: Uint8Array];

interface Crowded {
  readonly types?: Vector;
  readonly imports?: Vector;
  readonly functions?: number;
  readonly globals?: Vector;
  readonly exports?: Vector;
  readonly data?: Vector;
  readonly locals?: Vector;
  readonly body?: Uint8Array;
  readonly custom?: Uint8Array;
}

const NONE: Vector = [0, new Uint8Array(0)];

/** A WASI program that does nothing, with more of some things. */
export function crowdedProgram({ types = NONE, imports = NONE, functions = 1, globals = NONE, exports = NONE, data = NONE, locals = NONE, body = new Uint8Array(0), custom }: Crowded): Uint8Array {
  const sink = new ByteSink();
  sink.push([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, [count, entries]: Vector, before: readonly number[] = []): void => {
    const content = new ByteSink();
    content.push(u32Bytes(count + (before.length > 0 ? 1 : 0)));
    content.push(before);
    content.push(entries);
    if (count > 0 || before.length > 0) sink.section(id, content);
  };
  const code = Buffer.concat([Uint8Array.from(u32Bytes(locals[0])), locals[1], body, Uint8Array.of(0x0b)]);
  section(SECTION.type, [types[0] + 1, Buffer.concat([Uint8Array.from([0x60, 0, 1, 0x7f]), types[1]])], [0x60, 0, 0]);
  section(SECTION.import, imports);
  section(SECTION.function, [functions, Buffer.alloc(functions)]);
  section(SECTION.memory, [1, Uint8Array.of(0, 1)]);
  section(SECTION.global, globals);
  section(SECTION.export, exports, [...nameBytes('_start'), 0, ...u32Bytes(imports[0])]);
  if (data[0] > 0) sink.section(SECTION.dataCount, plain(u32Bytes(data[0])));
  section(SECTION.code, [functions, Buffer.concat([Uint8Array.from(u32Bytes(code.length)), code, Buffer.concat(Array.from({ length: functions - 1 }, () => Uint8Array.of(2, 0, 0x0b)))])]);
  section(SECTION.data, data);
  if (custom !== undefined) sink.section(SECTION.custom, plain([...nameBytes('name'), ...custom]));
  return sink.bytes();
}

function plain(bytes: readonly number[]): ByteSink {
  const sink = new ByteSink();
  sink.push(bytes);
  return sink;
}
