/**
 * Random bodies of functions, valid by construction: expressions of a wanted type and statements that leave the stack as
 * it was. What could run without end takes from a global, and ends when nothing is left in it. Floating-point numbers are
 * computed but never become bits, since engines are free in what a NaN looks like.
 */
import { randomInt, type Random } from '@pappus/core';
import { i32Bytes, u32Bytes } from '../byte-reader.ts';

/** i32, i64, f32, f64, as signatures spell them. */
export type Letter = 'i' | 'I' | 'f' | 'F';
export const LETTERS: readonly Letter[] = ['i', 'I', 'f', 'F'];
export const VALUE_TYPES: Readonly<Record<Letter, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };

export interface FunctionType {
  readonly parameters: readonly Letter[];
  readonly results: readonly Letter[];
}

/** What code can refer to. */
export interface Surroundings {
  readonly types: readonly FunctionType[];
  /** Type indices of all functions, imported ones first. */
  readonly functions: readonly number[];
  readonly globals: readonly { readonly type: Letter; readonly mutable: boolean }[];
  /** The global from which loops and calls take. */
  readonly fuel: number;
  /** Entries of table 0; none without a table. */
  readonly tableEntries: number;
  readonly passiveData: readonly number[];
  readonly passiveElements: readonly number[];
  readonly tags: number;
  /** Whether code may change tables and drop segments. */
  readonly changesTables: boolean;
}

const END = 0x0b;
const VOID = 0x40;
const MASK = 0x7ff8;
const UNARY: Readonly<Record<Letter, readonly number[]>> = { i: [0x67, 0x68, 0x69, 0xc0, 0xc1], I: [0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4], f: [0x8b, 0x8c, 0x8f, 0x91], F: [0x99, 0x9a, 0x9d, 0x9f] };
const BINARY: Readonly<Record<Letter, readonly [first: number, last: number]>> = { i: [0x6a, 0x78], I: [0x7c, 0x8a], f: [0x92, 0x97], F: [0xa0, 0xa5] };
const COMPARISONS: Readonly<Record<Letter, readonly [first: number, last: number]>> = { i: [0x46, 0x4f], I: [0x51, 0x5a], f: [0x5b, 0x60], F: [0x61, 0x66] };
const LOADS: Readonly<Record<Letter, readonly number[]>> = { i: [0x28, 0x2c, 0x2d, 0x2e, 0x2f], I: [0x29, 0x30, 0x31, 0x34, 0x35], f: [0x2a], F: [0x2b] };
/** From a type to another, by instructions that are the same everywhere. */
const CONVERSIONS: Readonly<Record<Letter, readonly (readonly [from: Letter, ...code: number[]])[]>> = {
  i: [['I', 0xa7], ['f', 0xfc, 0], ['f', 0xfc, 1], ['F', 0xfc, 2], ['F', 0xfc, 3]],
  I: [['i', 0xac], ['i', 0xad], ['f', 0xfc, 4], ['F', 0xfc, 7]],
  f: [['i', 0xb2], ['I', 0xb5], ['F', 0xb6]],
  F: [['i', 0xb8], ['I', 0xb9], ['f', 0xbb]],
};

export class RandomCode {
  readonly #random: Random;
  readonly #place: Surroundings;
  readonly #locals: readonly Letter[];
  /** Blocks around, to branch to. */
  #labels = 0;

  constructor(random: Random, place: Surroundings, locals: readonly Letter[]) {
    this.#random = random;
    this.#place = place;
    this.#locals = locals;
  }

  /** Statements, each at most so deep. */
  statements(count: number, depth: number): number[] {
    return Array.from({ length: count }, () => this.#statement(depth)).flat();
  }

  /** Leaves a value of the type on the stack. */
  value(type: Letter, depth: number): number[] {
    if (depth <= 0) return this.#leaf(type);
    const ways: readonly (() => number[])[] = [
      () => this.#leaf(type),
      () => [...this.value(type, depth - 1), this.#pick(UNARY[type])],
      () => [...this.value(type, depth - 1), ...this.value(type, depth - 1), this.#between(BINARY[type])],
      () => this.#converted(type, depth),
      () => [...this.#address(depth), this.#pick(LOADS[type]), 0, ...u32Bytes(this.#number(0, 64))],
      () => [...this.value(type, depth - 1), ...this.value(type, depth - 1), ...this.value('i', depth - 1), 0x1b],
      () => [...this.value('i', depth - 1), 0x04, VALUE_TYPES[type], ...this.value(type, depth - 1), 0x05, ...this.value(type, depth - 1), END],
      () => this.#called(type, depth),
      () => (type === 'i' ? this.#asked(depth) : this.#leaf(type)),
    ];
    return this.#pick(ways)();
  }

  #number(low: number, high: number): number {
    return randomInt(this.#random, low, high);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#number(0, choices.length - 1)] as T;
  }

  #between([first, last]: readonly [number, number]): number {
    return this.#number(first, last);
  }

  #constant(type: Letter): number[] {
    switch (type) {
      case 'i':
        return [0x41, ...i32Bytes(this.#pick([0, 1, -1, 7, 0x7fff_ffff, this.#random.uint32() | 0]))];
      case 'I':
        return [0x42, ...i32Bytes(this.#random.uint32() | 0)];
      case 'f':
        return [0x43, 0, 0, this.#number(0, 255), this.#number(0, 126)];
      case 'F':
        return [0x44, 0, 0, 0, 0, 0, 0, this.#number(0, 255), this.#number(0, 126)];
    }
  }

  #leaf(type: Letter): number[] {
    const locals = indicesOf(this.#locals, type);
    const globals = indicesOf(this.#place.globals.map((each) => each.type), type);
    const ways: (() => number[])[] = [() => this.#constant(type)];
    if (locals.length > 0) ways.push(() => [0x20, ...u32Bytes(this.#pick(locals))]);
    if (globals.length > 0) ways.push(() => [0x23, ...u32Bytes(this.#pick(globals))]);
    return this.#pick(ways)();
  }

  #converted(type: Letter, depth: number): number[] {
    const [from, ...code] = this.#pick(CONVERSIONS[type]);
    return [...this.value(from, depth - 1), ...code];
  }

  /** Of the memory's first half page, nearly always. */
  #address(depth: number): number[] {
    const anywhere = this.value('i', depth - 1);
    return this.#number(0, 99) === 0 ? anywhere : [...anywhere, 0x41, ...i32Bytes(MASK), 0x71];
  }

  /** A call of a function that gives a value of the type. */
  #called(type: Letter, depth: number): number[] {
    const { functions, types, tableEntries } = this.#place;
    const fitting = functions.flatMap((each, index) => (types[each]?.results.length === 1 && types[each]?.results[0] === type ? [index] : []));
    if (fitting.length === 0) return this.#leaf(type);
    const callee = this.#pick(fitting);
    const typeIndex = functions[callee] ?? 0;
    const values = (types[typeIndex]?.parameters ?? []).flatMap((each) => this.value(each, depth - 2));
    if (tableEntries === 0 || this.#number(0, 2) > 0) return [...values, 0x10, ...u32Bytes(callee)];
    return [...values, ...this.#entry(), 0x11, ...u32Bytes(typeIndex), 0];
  }

  /** What a module can ask about itself. */
  #asked(depth: number): number[] {
    const { tableEntries } = this.#place;
    const ways: (() => number[])[] = [
      () => [0x3f, 0],
      () => [0x41, this.#number(0, 3), 0x40, 0],
      () => [...this.value('i', depth - 1), 0x45],
      () => this.#compared(depth),
      () => [...this.value('i', depth - 1), 0xfd, 0x11, ...this.value('i', depth - 1), 0xfd, 0x11, 0xfd, 0xae, 0x01, 0xfd, 0x1b, this.#number(0, 3)],
    ];
    if (tableEntries > 0) ways.push(() => [0xfc, 16, 0], () => [...this.#entry(), 0x25, 0, 0xd1]);
    return this.#pick(ways)();
  }

  #compared(depth: number): number[] {
    const type = this.#pick(LETTERS);
    return [...this.value(type, depth - 1), ...this.value(type, depth - 1), this.#between(COMPARISONS[type])];
  }

  #entry(): number[] {
    return [0x41, ...i32Bytes(this.#number(0, this.#place.tableEntries))];
  }

  #statement(depth: number): number[] {
    const ways: (() => number[])[] = [
      () => this.#assignment(depth),
      () => this.#store(depth),
      () => [...this.value(this.#pick(LETTERS), depth), 0x1a],
      () => [...this.#address(depth), ...this.value('i', depth - 1), 0x41, this.#number(0, 32), 0xfc, 11, 0],
      () => [...this.#address(depth), ...this.#address(depth), 0x41, this.#number(0, 32), 0xfc, 10, 0, 0],
      () => (this.#number(0, 20) === 0 ? [...this.value('i', depth - 1), 0x04, VOID, 0x00, END] : []),
      () => this.#segment(),
    ];
    if (depth > 0) ways.push(() => this.#conditional(depth), () => this.#loop(depth), () => this.#branch(depth), () => this.#caught(depth));
    return this.#pick(ways)();
  }

  #assignment(depth: number): number[] {
    const globals = this.#place.globals.flatMap(({ mutable }, index) => (mutable && index !== this.#place.fuel ? [index] : []));
    const toGlobal = globals.length > 0 && (this.#locals.length === 0 || this.#number(0, 1) === 0);
    if (!toGlobal && this.#locals.length === 0) return [0x01];
    const index = toGlobal ? this.#pick(globals) : this.#number(0, this.#locals.length - 1);
    const type = (toGlobal ? this.#place.globals[index]?.type : this.#locals[index]) ?? 'i';
    return [...this.value(type, depth), toGlobal ? 0x24 : 0x21, ...u32Bytes(index)];
  }

  #store(depth: number): number[] {
    const long = this.#number(0, 1) === 0;
    return [...this.#address(depth), ...this.value(long ? 'I' : 'i', depth - 1), long ? 0x37 : this.#pick([0x36, 0x3a, 0x3b]), 0, ...u32Bytes(this.#number(0, 64))];
  }

  /** Of segments and tables. */
  #segment(): number[] {
    const { passiveData, passiveElements, changesTables, tableEntries } = this.#place;
    const ways: (() => number[])[] = [() => [0x01]];
    if (passiveData.length > 0) ways.push(() => [...this.#address(0), 0x41, 0, 0x41, this.#number(0, 3), 0xfc, 8, this.#pick(passiveData), 0]);
    if (changesTables && passiveData.length > 0) ways.push(() => [0xfc, 9, this.#pick(passiveData)]);
    if (changesTables && passiveElements.length > 0) {
      ways.push(() => [0xfc, 13, this.#pick(passiveElements)]);
      if (tableEntries > 0) ways.push(() => [...this.#entry(), 0x41, 0, 0x41, 1, 0xfc, 12, this.#pick(passiveElements), 0]);
    }
    if (changesTables && tableEntries > 0) {
      ways.push(() => [...this.#entry(), 0xd0, 0x70, 0x26, 0], () => [0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, 0x1a]);
      ways.push(() => [...this.#entry(), 0xd0, 0x70, 0x41, 1, 0xfc, 17, 0], () => [...this.#entry(), ...this.#entry(), 0x41, 1, 0xfc, 14, 0, 0]);
    }
    return this.#pick(ways)();
  }

  #conditional(depth: number): number[] {
    const condition = this.value('i', depth - 1);
    const body = this.#inside(1, () => [...this.statements(2, depth - 1), 0x05, ...this.statements(1, depth - 1)]);
    return [...condition, 0x04, VOID, ...body, END];
  }

  #loop(depth: number): number[] {
    const body = this.#inside(2, () => this.statements(2, depth - 1));
    return [0x02, VOID, 0x03, VOID, ...this.taking([0x0c, 1]), ...body, ...this.value('i', depth - 2), 0x0d, 0, END, END];
  }

  /** Takes one from the fuel, or does what is to be done without any. */
  taking(otherwise: readonly number[]): number[] {
    const fuel = u32Bytes(this.#place.fuel);
    const leave = otherwise[0] === 0x0c ? [0x0c, (otherwise[1] ?? 0) + 1] : otherwise;
    return [0x23, ...fuel, 0x45, 0x04, VOID, ...leave, END, 0x23, ...fuel, 0x41, 1, 0x6b, 0x24, ...fuel];
  }

  /** To labels that take no values: forward ones of blocks and ifs, and that of a loop, which takes from the fuel. */
  #branch(depth: number): number[] {
    const condition = this.value('i', depth - 1);
    return this.#inside(1, () => {
      const label = (): number => this.#number(0, this.#labels - 1);
      const way = this.#number(0, 1) === 0 ? [...condition, 0x0d, label()] : [...condition, 0x0e, 2, label(), label(), label()];
      return [0x02, VOID, ...this.statements(1, depth - 1), ...way, END];
    });
  }

  /** Everything that is thrown in it is caught. */
  #caught(depth: number): number[] {
    if (this.#place.tags === 0) return [0x01];
    const body = this.#inside(2, () => this.statements(1, depth - 1));
    const thrown = this.#number(0, 1) === 0 ? [...this.value('i', 0), 0x04, VOID, 0x08, 0, END] : [];
    return [0x02, VOID, 0x1f, VOID, 1, ...(this.#number(0, 1) === 0 ? [0x00, 0, 0] : [0x02, 0]), ...body, ...thrown, END, END];
  }

  #inside(labels: number, write: () => number[]): number[] {
    this.#labels += labels;
    try {
      return write();
    } finally {
      this.#labels -= labels;
    }
  }
}

function indicesOf(types: readonly Letter[], type: Letter): readonly number[] {
  return types.flatMap((each, index) => (each === type ? [index] : []));
}
