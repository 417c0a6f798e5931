/** The bill for people: one line, or a table. */
import { unreachable } from '@pappus/core';
import type { Bill, BillItem, BillLine } from './bill.ts';

const PICO_DIGITS = 12;

/** `$0.000034`: exact, rounded half up to `digits` decimals. */
export function formatDollars(picodollars: bigint, digits = 6): string {
  const step = 10n ** BigInt(PICO_DIGITS - digits);
  const units = (picodollars + step / 2n) / step;
  const text = units.toString().padStart(digits + 1, '0');
  return digits === 0 ? `$${text}` : `$${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** `$0.000123 (1.25 GB-s, 8 invocations, 12 PUT, 96 GET)`. */
export function formatBillLine(bill: Bill): string {
  const parts = bill.lines.map(({ quantity, unit }) => `${formatQuantity(quantity)} ${unit}`);
  return `${formatDollars(bill.totalPicodollars)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}

/** One row for each item, then the total and whose prices they are. */
export function formatBillTable(bill: Bill): string {
  const rows = bill.lines.map((line) => [labelOf(line.item), formatQuantity(line.quantity), line.unit, formatDollars(line.picodollars, 9)] as const);
  const all = [...rows, ['total', '', '', formatDollars(bill.totalPicodollars, 9)] as const];
  const width = (column: 0 | 1 | 2 | 3): number => Math.max(...all.map((row) => row[column].length));
  const [labels, quantities, units, amounts] = [width(0), width(1), width(2), width(3)];
  const lines = all.map(([label, quantity, unit, amount]) => `${label.padEnd(labels)}  ${quantity.padStart(quantities)} ${unit.padEnd(units)}  ${amount.padStart(amounts)}`);
  return [...lines, `prices: ${bill.prices}, ${bill.pricesDate}`].join('\n');
}

/** A bill as JSON can carry it: amounts as decimal strings of dollars. */
export function billRecord(bill: Bill): Readonly<Record<string, unknown>> {
  const dollars = (picodollars: bigint): string => formatDollars(picodollars, PICO_DIGITS).slice(1);
  const record = ({ item, quantity, unit, picodollars }: BillLine): unknown => ({ item, quantity, unit, usd: dollars(picodollars) });
  return { lines: bill.lines.map(record), totalUsd: dollars(bill.totalPicodollars), prices: bill.prices, pricesDate: bill.pricesDate };
}

function formatQuantity(quantity: number): string {
  if (Number.isInteger(quantity)) return String(quantity);
  return quantity >= 100 ? quantity.toFixed(0) : quantity >= 0.01 ? quantity.toFixed(2) : quantity.toPrecision(2);
}

function labelOf(item: BillItem): string {
  switch (item) {
    case 'compute':
      return 'compute';
    case 'invocations':
      return 'invocations';
    case 'put':
      return 'writes';
    case 'get':
      return 'reads';
    case 'list':
      return 'listings';
    case 'head':
      return 'lookups';
    case 'delete':
      return 'deletions';
    case 'egress':
      return 'traffic out';
    default:
      return unreachable(item, 'bill item');
  }
}
