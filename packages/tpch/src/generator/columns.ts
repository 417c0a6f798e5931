/**
 * One batch of rows as columns, in the memory layout in which DuckDB takes them: 64-bit integers (keys, cents)
 * as pairs of 32-bit words, days and small integers as 32-bit words, strings as bytes one behind the other.
 */
import { assert } from '@pappus/core';
import { BATCH_ROWS } from '../limits.ts';
import { TABLES, type ColumnSchema, type ColumnType, type TableName } from './schema.ts';

const TWO_TO_32 = 0x1_0000_0000;

/** BIGINT, and DECIMAL(15,2) in cents. */
export class Int64Column {
  readonly kind = 'int64';
  readonly type: ColumnType;
  /** Low and high half of each value, little-endian. */
  readonly words: Int32Array<ArrayBuffer> = new Int32Array(BATCH_ROWS * 2);

  constructor(type: ColumnType) {
    this.type = type;
  }

  set(row: number, value: number): void {
    const low = value | 0;
    this.words[row * 2] = low;
    this.words[row * 2 + 1] = low === value ? low >> 31 : Math.floor(value / TWO_TO_32);
  }

  get(row: number): number {
    return (this.words[row * 2 + 1] as number) * TWO_TO_32 + ((this.words[row * 2] as number) >>> 0);
  }
}

/** INTEGER, and DATE in days since 1970. */
export class Int32Column {
  readonly kind = 'int32';
  readonly type: ColumnType;
  readonly values: Int32Array<ArrayBuffer> = new Int32Array(BATCH_ROWS);

  constructor(type: ColumnType) {
    this.type = type;
  }

  set(row: number, value: number): void {
    this.values[row] = value;
  }

  get(row: number): number {
    return this.values[row] as number;
  }
}

/** A string's last word is copied whole, so up to this many bytes behind it are read and written too. */
export const SLACK_BYTES = 3;

/** ASCII text as a source for `append`. */
export function textView(text: string): TextView {
  const view = new DataView(new ArrayBuffer(text.length + SLACK_BYTES));
  for (let index = 0; index < text.length; index++) view.setUint8(index, text.charCodeAt(index));
  return { view, length: text.length };
}

export interface TextView {
  readonly view: DataView;
  readonly length: number;
}

/** No string of the population is longer (`ps_comment` has 198 bytes at most). */
const MAX_STRING_BYTES = 256;

const ZERO = 0x30;

/** VARCHAR: ASCII bytes. A row's string is appended in pieces and closed with `end`. */
export class StringColumn {
  readonly kind = 'string';
  readonly type: ColumnType = 'VARCHAR';
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(BATCH_ROWS * MAX_STRING_BYTES + SLACK_BYTES);
  readonly view: DataView<ArrayBuffer> = new DataView(this.bytes.buffer);
  /** Where each row's string ends; it begins where the one before it ends. */
  readonly ends: Int32Array<ArrayBuffer> = new Int32Array(BATCH_ROWS);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Appends `length` bytes of a source from `start` on, four at a time; both sides have room behind (`SLACK_BYTES`). */
  append(source: DataView, start: number, length: number): void {
    const { view, length: to } = this;
    for (let offset = 0; offset < length; offset += 4) view.setInt32(to + offset, source.getInt32(start + offset, true), true);
    this.length = to + length;
  }

  text(word: TextView): void {
    this.append(word.view, 0, word.length);
  }

  byte(code: number): void {
    this.bytes[this.length++] = code;
  }

  /** Appends a whole number with leading zeros. */
  digits(value: number, width: number): void {
    let count = width;
    for (let limit = 10 ** width; value >= limit; limit *= 10) count++;
    let rest = value;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      this.bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.length += count;
  }

  end(row: number): void {
    this.ends[row] = this.length;
  }

  /** A whole row's string from a word of a list. */
  put(row: number, word: TextView): void {
    this.append(word.view, 0, word.length);
    this.ends[row] = this.length;
  }

  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number);
  }
}

export type Column = Int64Column | Int32Column | StringColumn;

export class Batch {
  readonly table: TableName;
  readonly schema: readonly ColumnSchema[];
  readonly columns: readonly Column[];
  rows = 0;

  constructor(table: TableName) {
    this.table = table;
    this.schema = TABLES[table];
    this.columns = this.schema.map(({ type }) => createColumn(type));
  }

  clear(): void {
    this.rows = 0;
    for (const column of this.columns) if (column.kind === 'string') column.clear();
  }

  int64(index: number): Int64Column {
    const column = this.columns[index];
    assert(column?.kind === 'int64', `column ${index} of ${this.table} is no 64-bit integer`);
    return column;
  }

  int32(index: number): Int32Column {
    const column = this.columns[index];
    assert(column?.kind === 'int32', `column ${index} of ${this.table} is no 32-bit integer`);
    return column;
  }

  string(index: number): StringColumn {
    const column = this.columns[index];
    assert(column?.kind === 'string', `column ${index} of ${this.table} is no string`);
    return column;
  }
}

function createColumn(type: ColumnType): Column {
  switch (type) {
    case 'BIGINT':
    case 'DECIMAL(15,2)':
      return new Int64Column(type);
    case 'INTEGER':
    case 'DATE':
      return new Int32Column(type);
    case 'VARCHAR':
      return new StringColumn();
  }
}
