/**
 * The tables of differential tests: what they are called, their columns, and how each column's values are
 * drawn. Every awkward kind of data is somewhere here: skew, NULLs, duplicates, an empty table, a table of one
 * row, one of several files and row groups, names that need quotes, integers above 2^53, nested types. DOUBLEs
 * are small multiples of 0.25, so that their sums are exact in any order.
 */
import type { Dice } from './dice.ts';
import type { Family } from './sql-tree.ts';

export interface DataColumn {
  readonly name: string;
  readonly type: string;
  readonly family: Family;
  /** The chance that two random rows hold the same value: what an equality join on it multiplies by. */
  readonly match: number;
  /** A value as SQL text. */
  draw(dice: Dice, row: number): string;
}

export interface DataTable {
  readonly name: string;
  readonly columns: readonly DataColumn[];
  /** Rows of each Parquet file; one number means one file and not a folder. */
  readonly fileRows: readonly number[];
  /** Above 1, rows repeat: so many copies of each row drawn, on the average. */
  readonly copies: number;
}

type Draw = DataColumn['draw'];

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const column = (name: string, type: string, family: Family, match: number, draw: Draw): DataColumn => ({
  name,
  type,
  family,
  match,
  draw,
});

const WORDS: readonly string[] = [
  'ash', 'birch', 'Birch', 'cedar', 'elm', "o'ak", '', ' ', 'f"ir',
  'naïve', '日本', '🌱 seed', 'a,b', '%_', 'back\\slash', 'line\nbreak', 'NULL', 'zelkova',
];

const orNull = (chance: number, draw: Draw): Draw => (dice, row) => (dice.chance(chance) ? 'NULL' : draw(dice, row));
const decimal = (dice: Dice): string => `${dice.int(-200, 900)}.${String(dice.int(0, 99)).padStart(2, '0')}`;
const wide = (dice: Dice): string => {
  const low = String(dice.int(0, 99_999_999)).padStart(8, '0');
  return `${dice.int(-99_999, 99_999)}${low}.${dice.pick(['0000', '1234', '5000'])}`;
};
const day = (dice: Dice): string => `DATE '2020-02-27' + ${dice.weighted([[9, dice.int(0, 60)], [1, dice.int(-30_000, 30_000)]])}`;
const moment = (dice: Dice): string => `TIMESTAMP '2021-06-30 22:00:00' + INTERVAL (${dice.int(0, 400_000_000)}) MILLISECONDS`;
const big = (dice: Dice): string => {
  const size = dice.pick(['9007199254740993', '1152921504606846975', '4294967296', String(dice.int(0, 50))]);
  return `${dice.pick(['', '-'])}${size}`;
};
const list = (dice: Dice): string => {
  const length = dice.weighted([[2, 0], [5, dice.int(1, 3)], [1, 9]]);
  const cells = Array.from({ length }, () => dice.weighted([[1, 'NULL'], [6, String(dice.int(0, 9))]]));
  return `[${cells.join(', ')}]::INTEGER[]`;
};
const record = (dice: Dice): string =>
  `{'a': ${dice.weighted([[1, 'NULL'], [4, String(dice.int(0, 9))]])}, 'b': ${dice.weighted([[1, 'NULL'], [4, text(dice.pick(WORDS))]])}}`;

const id = column('id', 'INTEGER', 'integer', 0.001, (_dice, row) => String(row));
/** 80 % of the rows hold one value. */
const skewed = (nulls: number): DataColumn =>
  column('k1', 'INTEGER', 'integer', 0.6, orNull(nulls, (dice) => (dice.chance(0.8) ? '7' : String(dice.int(0, 30)))));
const key = (name: string, nulls: number, type = 'INTEGER'): DataColumn =>
  column(name, type, 'integer', 0.04, orNull(nulls, (dice) => String(dice.int(0, 30))));
const small = (nulls: number): DataColumn =>
  column('small', 'SMALLINT', 'integer', 0.01, orNull(nulls, (dice) => String(dice.int(-300, 300))));
const word = (name: string, nulls: number): DataColumn =>
  column(name, 'VARCHAR', 'text', 0.08, orNull(nulls, (dice) => text(dice.pick(WORDS))));
const price = (name: string, nulls: number): DataColumn => column(name, 'DECIMAL(15,2)', 'decimal', 0.01, orNull(nulls, decimal));
const amount = (nulls: number): DataColumn => column('amount', 'DECIMAL(38,4)', 'decimal', 0.01, orNull(nulls, wide));
const rate = (nulls: number): DataColumn => column('rate', 'DOUBLE', 'double', 0.02, orNull(nulls, (dice) => String(dice.int(-40, 60) / 4)));
const date = (nulls: number): DataColumn => column('day', 'DATE', 'date', 0.03, orNull(nulls, day));
const time = (nulls: number): DataColumn => column('moment', 'TIMESTAMP', 'timestamp', 0.001, orNull(nulls, moment));
const flag = (name: string, nulls: number): DataColumn => column(name, 'BOOLEAN', 'boolean', 0.5, orNull(nulls, (dice) => dice.pick(['true', 'false'])));
const large = (nulls: number): DataColumn => column('big', 'BIGINT', 'integer', 0.1, orNull(nulls, big));
const tags = (nulls: number): DataColumn => column('tags', 'INTEGER[]', 'list', 0.2, orNull(nulls, list));
const info = (nulls: number): DataColumn => column('info', 'STRUCT(a INTEGER, b VARCHAR)', 'struct', 0.05, orNull(nulls, record));

const table = (name: string, fileRows: readonly number[], columns: readonly DataColumn[], copies = 1): DataTable => ({
  name,
  columns,
  fileRows,
  copies,
});

export const DATA_TABLES: readonly DataTable[] = [
  table('facts', [2500, 1200, 0, 300], [
    id, skewed(0.02), key('k2', 0.2), small(0.1), large(0.1), price('price', 0.05), rate(0.1), word('name', 0.1),
    date(0.1), time(0.2), flag('flag', 0.1),
  ]),
  table('dims', [60], [
    id, key('k2', 0.1, 'BIGINT'), word('Group', 0.2), key('a b', 0.1), word('name', 0), price('price', 0.3), flag('flag', 0.3),
  ]),
  table('people', [300], [id, skewed(0.05), key('boss', 0.3), word('name', 0.05), date(0), price('wide', 0), rate(0)]),
  table('Mixed Case', [150, 150], [
    key('k2', 0.05, 'SMALLINT'), skewed(0), word('Group', 0.05), amount(0.1), date(0.1), large(0),
  ]),
  table('nested', [120], [id, key('k2', 0.1), tags(0.15), info(0.15), word('name', 0.1)]),
  table('dupes', [400], [skewed(0.1), word('name', 0.2), small(0.1), date(0.3), flag('flag', 0.2)], 12),
  table('nulls', [200], [
    skewed(0.9), key('k2', 0.95), price('price', 0.9), word('name', 0.95), date(0.9), flag('flag', 0.9), key('never', 1),
  ]),
  table('nothing', [0], [id, key('k2', 0), word('name', 0), price('price', 0), date(0), rate(0)]),
  table('lonely', [1], [id, key('k2', 0), skewed(0), word('name', 0), price('price', 0), time(0)]),
];

export const rowCount = (data: DataTable): number => data.fileRows.reduce((sum, rows) => sum + rows, 0);
