/** How many rows a scale factor means, and which of them a part generates (specification, clause 4.2.5). */
import { AppError, assert } from '@pappus/core';
import { MAX_SCALE_FACTOR } from '../limits.ts';
import { NATIONS, REGIONS } from './distributions.ts';
import { advanceSeed, MODULUS, nextSeed } from './lcg.ts';
import type { TableName } from './schema.ts';

/** Rows of the tables at scale factor 1 that scale. */
const SUPPLIERS = 10_000;
const CUSTOMERS = 150_000;
const PARTS = 200_000;
const ORDERS = 1_500_000;

export const SUPPLIERS_PER_PART = 4;
/** An order has one to seven lines. */
export const MAX_LINES = 7;
export const LINE_COUNT_SEED = 1_434_868_289;

/** A range of units, numbered from 0. A unit is a row, but for partsupp a part and for lineitem an order. */
export interface UnitRange {
  readonly first: number;
  readonly count: number;
}

export function checkScaleFactor(scaleFactor: number): void {
  if (Number.isFinite(scaleFactor) && scaleFactor >= 0.001 && scaleFactor <= MAX_SCALE_FACTOR) return;
  const hint = `Choose a number from 0.001 to ${MAX_SCALE_FACTOR}; 1 is about 1 GB of text and 350 MB of Parquet.`;
  throw new AppError('invalid-argument', `scale factor ${scaleFactor} is out of range`, { hint });
}

const scaled = (base: number, scaleFactor: number): number => Math.trunc(base * scaleFactor);

export const supplierCount = (scaleFactor: number): number => scaled(SUPPLIERS, scaleFactor);
export const customerCount = (scaleFactor: number): number => scaled(CUSTOMERS, scaleFactor);
export const partCount = (scaleFactor: number): number => scaled(PARTS, scaleFactor);
const orderCount = (scaleFactor: number): number => scaled(ORDERS, scaleFactor);

/** The units of a whole table. */
export function unitCount(table: TableName, scaleFactor: number): number {
  switch (table) {
    case 'region':
      return REGIONS.length;
    case 'nation':
      return NATIONS.length;
    case 'supplier':
      return supplierCount(scaleFactor);
    case 'customer':
      return customerCount(scaleFactor);
    case 'part':
    case 'partsupp':
      return partCount(scaleFactor);
    case 'orders':
    case 'lineitem':
      return orderCount(scaleFactor);
  }
}

/** Part `part` of `parts` (from 0), as dbgen splits: equal parts, the remainder in the last. */
export function partRange(units: number, part: number, parts: number): UnitRange {
  assert(part >= 0 && part < parts, `part ${part} of ${parts}`);
  const each = Math.floor(units / parts);
  const first = each * part;
  return { first, count: part === parts - 1 ? units - first : each };
}

/** The rows of a range: exact, for lineitem by drawing the line count of each order. */
export function rowCount(table: TableName, range: UnitRange): number {
  if (table === 'partsupp') return range.count * SUPPLIERS_PER_PART;
  return table === 'lineitem' ? lineCount(range) : range.count;
}

/** About the rows of a range, at once: an order has four lines on average. */
export function estimatedRowCount(table: TableName, range: UnitRange): number {
  return table === 'lineitem' ? range.count * ((1 + MAX_LINES) / 2) : rowCount(table, range);
}

function lineCount(range: UnitRange): number {
  let seed = advanceSeed(LINE_COUNT_SEED, range.first);
  let lines = range.count;
  for (let order = 0; order < range.count; order++) {
    seed = nextSeed(seed);
    lines += ((seed / MODULUS) * MAX_LINES) | 0;
  }
  return lines;
}
