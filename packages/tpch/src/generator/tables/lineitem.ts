/** LINEITEM: one to seven lines of each order. Seeds from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import type { Batch } from '../columns.ts';
import { RETURN_FLAGS, SHIP_INSTRUCTIONS, SHIP_MODES } from '../distributions.ts';
import { MAX_LINES, supplierCount } from '../scale.ts';
import { NumberStream, TextStream, WordStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';
import { CURRENT_DAY, lineCountStream, LineStreams, orderDateStream, orderKey } from './line-streams.ts';
import { retailPrice } from './part.ts';
import { partSupplier } from './partsupp.ts';

const COMMENT_AVERAGE = 27;
const FLAG_NONE = 0x4e;
const STATUS_SHIPPED = 0x46;
const STATUS_OPEN = 0x4f;

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  orderKey: batch.int64(0),
  partKey: batch.int64(1),
  supplierKey: batch.int64(2),
  lineNumber: batch.int32(3),
  quantity: batch.int64(4),
  price: batch.int64(5),
  discount: batch.int64(6),
  tax: batch.int64(7),
  flag: batch.string(8),
  status: batch.string(9),
  shipDate: batch.int32(10),
  commitDate: batch.int32(11),
  receiptDate: batch.int32(12),
  instruction: batch.string(13),
  mode: batch.string(14),
  comment: batch.string(15),
});
type Columns = ReturnType<typeof columnsOf>;

class LineitemSource implements TableSource {
  private readonly suppliers: number;
  private readonly orderDate: NumberStream;
  private readonly lineCount: NumberStream;
  private readonly common: LineStreams;
  private readonly supplier: NumberStream;
  private readonly commitDays: NumberStream;
  private readonly receiptDays: NumberStream;
  private readonly returnFlag: WordStream;
  private readonly instruction: WordStream;
  private readonly mode: WordStream;
  private readonly comment: TextStream;
  /** The order that the next line belongs to, from 0. */
  private order: number;
  private readonly end: number;
  private day = 0;
  private lines = 0;
  private line = 0;

  constructor({ scaleFactor, range, pool }: SourceOptions) {
    const { first, count } = range;
    this.suppliers = supplierCount(scaleFactor);
    this.orderDate = orderDateStream(first);
    this.lineCount = lineCountStream(first);
    this.common = new LineStreams(scaleFactor, first);
    this.supplier = new NumberStream(2_095_021_727, 0, 3, first, MAX_LINES);
    this.commitDays = new NumberStream(904_914_315, 30, 90, first, MAX_LINES);
    this.receiptDays = new NumberStream(373_135_028, 1, 30, first, MAX_LINES);
    this.returnFlag = new WordStream(717_419_739, RETURN_FLAGS, first, MAX_LINES);
    this.instruction = new WordStream(1_371_272_478, SHIP_INSTRUCTIONS, first, MAX_LINES);
    this.mode = new WordStream(675_466_456, SHIP_MODES, first, MAX_LINES);
    this.comment = new TextStream(1_095_462_486, pool, COMMENT_AVERAGE, first, MAX_LINES);
    this.order = first;
    this.end = first + count;
    this.beginOrder();
  }

  fill(batch: Batch): void {
    const columns = columnsOf(batch);
    while (this.order < this.end && batch.rows < BATCH_ROWS) {
      const row = batch.rows++;
      this.fillNumbers(columns, row);
      this.fillShipping(columns, row);
      if (++this.line < this.lines) continue;
      this.endOrder();
      this.order++;
      this.beginOrder();
    }
  }

  private fillNumbers(columns: Columns, row: number): void {
    const quantity = this.common.quantity.next();
    const partKey = this.common.partKey.next();
    columns.orderKey.set(row, orderKey(this.order + 1));
    columns.partKey.set(row, partKey);
    columns.supplierKey.set(row, partSupplier(partKey, this.supplier.next(), this.suppliers));
    columns.lineNumber.set(row, this.line + 1);
    columns.quantity.set(row, quantity * 100);
    columns.price.set(row, retailPrice(partKey) * quantity);
    columns.discount.set(row, this.common.discount.next());
    columns.tax.set(row, this.common.tax.next());
  }

  private fillShipping(columns: Columns, row: number): void {
    const shipDay = this.day + this.common.shipDays.next();
    const receiptDay = shipDay + this.receiptDays.next();
    if (receiptDay <= CURRENT_DAY) columns.flag.put(row, this.returnFlag.next());
    else {
      columns.flag.byte(FLAG_NONE);
      columns.flag.end(row);
    }
    columns.status.byte(shipDay <= CURRENT_DAY ? STATUS_SHIPPED : STATUS_OPEN);
    columns.status.end(row);
    columns.shipDate.set(row, shipDay);
    columns.commitDate.set(row, this.day + this.commitDays.next());
    columns.receiptDate.set(row, receiptDay);
    columns.instruction.put(row, this.instruction.next());
    columns.mode.put(row, this.mode.next());
    this.comment.next(columns.comment);
    columns.comment.end(row);
  }

  private beginOrder(): void {
    this.day = this.orderDate.next();
    this.lines = this.lineCount.next();
    this.line = 0;
  }

  private endOrder(): void {
    this.common.endOrder();
    this.orderDate.endRow();
    this.lineCount.endRow();
    this.supplier.endRow();
    this.commitDays.endRow();
    this.receiptDays.endRow();
    this.returnFlag.endRow();
    this.instruction.endRow();
    this.mode.endRow();
    this.comment.endRow();
  }
}

export const lineitemSource = (options: SourceOptions): TableSource => new LineitemSource(options);
