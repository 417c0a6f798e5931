/**
 * What ORDERS and LINEITEM share. O_TOTALPRICE and O_ORDERSTATUS follow from the order's lines, so both tables
 * draw those lines, each from its own copy of the streams. Seeds from dbgen's rnd.h.
 */
import { LINE_COUNT_SEED, MAX_LINES, partCount } from '../scale.ts';
import { NumberStream } from '../streams.ts';

const MS_PER_DAY = 86_400_000;
const epochDay = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / MS_PER_DAY;

/** STARTDATE, CURRENTDATE and ENDDATE of clause 4.2.2.12. */
const START_DAY = epochDay(1992, 1, 1);
export const CURRENT_DAY: number = epochDay(1995, 6, 17);
const END_DAY = epochDay(1998, 12, 31);
/** Days from the order's date by which its last line is received: 121 to ship and 30 under way. */
const SHIP_DAYS = 151;

export const orderDateStream = (firstOrder: number): NumberStream => new NumberStream(1_066_728_069, START_DAY, END_DAY - SHIP_DAYS, firstOrder);
export const lineCountStream = (firstOrder: number): NumberStream => new NumberStream(LINE_COUNT_SEED, 1, MAX_LINES, firstOrder);

/** The streams of a line that the order's total and status depend on. */
export class LineStreams {
  readonly quantity: NumberStream;
  readonly discount: NumberStream;
  readonly tax: NumberStream;
  readonly partKey: NumberStream;
  readonly shipDays: NumberStream;

  constructor(scaleFactor: number, firstOrder: number) {
    this.quantity = new NumberStream(209_208_115, 1, 50, firstOrder, MAX_LINES);
    this.discount = new NumberStream(554_590_007, 0, 10, firstOrder, MAX_LINES);
    this.tax = new NumberStream(721_958_466, 0, 8, firstOrder, MAX_LINES);
    this.partKey = new NumberStream(1_808_217_256, 1, partCount(scaleFactor), firstOrder, MAX_LINES);
    this.shipDays = new NumberStream(1_769_349_045, 1, 121, firstOrder, MAX_LINES);
  }

  endOrder(): void {
    this.quantity.endRow();
    this.discount.endRow();
    this.tax.endRow();
    this.partKey.endRow();
    this.shipDays.endRow();
  }
}

/** O_ORDERKEY of order `order` (from 1): only the first eight of every 32 keys are used (clause 4.2.3). */
export const orderKey = (order: number): number => Math.floor(order / 8) * 32 + (order % 8);
