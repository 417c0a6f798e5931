/**
 * What a column draws from its stream: a number in bounds, a word of a list, a random address, a telephone number,
 * a piece of the text pool. Lengths and rounding as in dbgen (rnd.c, text.c, build.c).
 */
import { Stream } from './lcg.ts';
import { textView, type StringColumn, type TextView } from './columns.ts';
import { POOL_BYTES } from './text-pool.ts';

/** A variable string of average length n has 0.4 n to 1.6 n characters (clause 4.2.2.6). */
const shortest = (average: number): number => Math.trunc(average * 0.4);
const longest = (average: number): number => Math.trunc(average * 1.6);

/** Whole numbers in [low, high]. */
export class NumberStream {
  private readonly stream: Stream;
  private readonly low: number;
  private readonly range: number;

  constructor(seed: number, low: number, high: number, firstRow: number, usesPerRow = 1) {
    this.stream = new Stream(seed, usesPerRow, firstRow);
    this.low = low;
    this.range = high - low + 1;
  }

  next(): number {
    return this.stream.next(this.low, this.range);
  }

  endRow(): void {
    this.stream.endRow();
  }
}

/** Words of a list, equally likely. */
export class WordStream {
  private readonly stream: Stream;
  private readonly words: readonly TextView[];

  constructor(seed: number, words: readonly string[], firstRow: number, usesPerRow = 1) {
    this.stream = new Stream(seed, usesPerRow, firstRow);
    this.words = words.map(textView);
  }

  next(): TextView {
    return this.words[this.stream.next(0, this.words.length)] as TextView;
  }

  endRow(): void {
    this.stream.endRow();
  }
}

/** Different words of a list, one space between them: the first steps of a shuffle. */
export class ShuffledWordsStream {
  private readonly stream: Stream;
  private readonly words: readonly TextView[];
  private readonly order: Uint8Array;
  private readonly count: number;

  constructor(seed: number, words: readonly string[], count: number, firstRow: number) {
    this.stream = new Stream(seed, words.length, firstRow);
    this.words = words.map(textView);
    this.order = new Uint8Array(words.length);
    this.count = count;
  }

  next(column: StringColumn): void {
    const { order, words } = this;
    for (let index = 0; index < order.length; index++) order[index] = index;
    for (let index = 0; index < this.count; index++) {
      const other = this.stream.next(index, order.length - index);
      const word = order[other] as number;
      order[other] = order[index] as number;
      order[index] = word;
      if (index > 0) column.byte(0x20);
      column.text(words[word] as TextView);
    }
  }

  endRow(): void {
    this.stream.endRow();
  }
}

const ALPHANUMERIC = new TextEncoder().encode('0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,');
/** One draw for the length, then one for every five characters of six bits. */
const ADDRESS_USES = 9;
const CHARACTERS_PER_DRAW = 5;
/** dbgen asks for [0, 2^31 - 1], which overflows to this range: the drawn numbers are negative. */
const ANY_BITS = -0x8000_0000;
const ADDRESS_AVERAGE = 25;

/** Addresses: random characters. */
export class AddressStream {
  private readonly stream: Stream;

  constructor(seed: number, firstRow: number) {
    this.stream = new Stream(seed, ADDRESS_USES, firstRow);
  }

  next(column: StringColumn): void {
    const { stream } = this;
    const low = shortest(ADDRESS_AVERAGE);
    const length = stream.next(low, longest(ADDRESS_AVERAGE) - low + 1);
    let bits = 0;
    for (let index = 0; index < length; index++) {
      if (index % CHARACTERS_PER_DRAW === 0) bits = stream.next(0, ANY_BITS);
      column.byte(ALPHANUMERIC[bits & 0x3f] as number);
      bits >>= 6;
    }
  }

  endRow(): void {
    this.stream.endRow();
  }
}

const DASH = 0x2d;
const COUNTRY_CODES = 90;

/** Telephone numbers: country code of the nation, then three random groups (clause 4.2.2.9). */
export class PhoneStream {
  private readonly stream: Stream;

  constructor(seed: number, firstRow: number) {
    this.stream = new Stream(seed, 3, firstRow);
  }

  next(column: StringColumn, nationKey: number): void {
    column.digits(10 + (nationKey % COUNTRY_CODES), 2);
    column.byte(DASH);
    column.digits(this.stream.next(100, 900), 3);
    column.byte(DASH);
    column.digits(this.stream.next(100, 900), 3);
    column.byte(DASH);
    column.digits(this.stream.next(1000, 9000), 4);
  }

  endRow(): void {
    this.stream.endRow();
  }
}

/** Comments: pieces of the text pool. */
export class TextStream {
  private readonly stream: Stream;
  private readonly pool: DataView;
  private readonly low: number;
  private readonly lengths: number;
  private readonly offsets: number;

  constructor(seed: number, pool: Uint8Array, average: number, firstRow: number, textsPerRow = 1) {
    this.stream = new Stream(seed, 2 * textsPerRow, firstRow);
    this.pool = new DataView(pool.buffer, pool.byteOffset, pool.byteLength);
    this.low = shortest(average);
    this.lengths = longest(average) - this.low + 1;
    this.offsets = POOL_BYTES - longest(average) + 1;
  }

  next(column: StringColumn): void {
    const offset = this.stream.next(0, this.offsets);
    const length = this.stream.next(this.low, this.lengths);
    column.append(this.pool, offset, length);
  }

  endRow(): void {
    this.stream.endRow();
  }
}
