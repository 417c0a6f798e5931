/** ORDERS. Seeds from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch } from '../columns.ts';
import { ORDER_PRIORITIES } from '../distributions.ts';
import { customerCount } from '../scale.ts';
import { NumberStream, TextStream, WordStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';
import { CURRENT_DAY, lineCountStream, LineStreams, orderDateStream, orderKey } from './line-streams.ts';
import { retailPrice } from './part.ts';

const COMMENT_AVERAGE = 49;
const CLERKS = 1000;
const CLERK = textView('Clerk#');
const STATUS_FINISHED = 0x46;
const STATUS_OPEN = 0x4f;
const STATUS_PARTIAL = 0x50;

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  key: batch.int64(0),
  customerKey: batch.int64(1),
  status: batch.string(2),
  totalPrice: batch.int64(3),
  orderDate: batch.int32(4),
  priority: batch.string(5),
  clerk: batch.string(6),
  shipPriority: batch.int32(7),
  comment: batch.string(8),
});
type Columns = ReturnType<typeof columnsOf>;

/** Every third customer places no orders: the next one up that may, or down from the last. */
function orderingCustomer(drawn: number, customers: number): number {
  let key = drawn;
  for (let step = 1; key % 3 === 0; step = -step) key = Math.min(key + step, customers);
  return key;
}

/** O_TOTALPRICE in cents and O_ORDERSTATUS from the lines, with dbgen's integer divisions. */
function orderTotal(streams: LineStreams, lines: number, orderDay: number): { readonly cents: number; readonly status: number } {
  let cents = 0;
  let shipped = 0;
  for (let line = 0; line < lines; line++) {
    const quantity = streams.quantity.next();
    const discount = streams.discount.next();
    const tax = streams.tax.next();
    const price = retailPrice(streams.partKey.next()) * quantity;
    const discounted = Math.trunc((price * (100 - discount)) / 100);
    cents += Math.trunc((discounted * (100 + tax)) / 100);
    if (orderDay + streams.shipDays.next() <= CURRENT_DAY) shipped++;
  }
  if (shipped === lines) return { cents, status: STATUS_FINISHED };
  return { cents, status: shipped === 0 ? STATUS_OPEN : STATUS_PARTIAL };
}

export function ordersSource({ scaleFactor, range, pool }: SourceOptions): TableSource {
  const { first } = range;
  const customers = customerCount(scaleFactor);
  const customer = new NumberStream(851_767_375, 1, customers, first);
  const priority = new WordStream(591_449_447, ORDER_PRIORITIES, first);
  const clerk = new NumberStream(1_171_034_773, 1, Math.max(Math.trunc(CLERKS * scaleFactor), CLERKS), first);
  const comment = new TextStream(276_090_261, pool, COMMENT_AVERAGE, first);
  const date = orderDateStream(first);
  const lineCount = lineCountStream(first);
  const lineStreams = new LineStreams(scaleFactor, first);
  const streams = [customer, priority, clerk, comment, date, lineCount];
  const end = first + range.count;
  let order = first;

  const fillRow = (columns: Columns, row: number, key: number): void => {
    const day = date.next();
    const total = orderTotal(lineStreams, lineCount.next(), day);
    columns.key.set(row, key);
    columns.customerKey.set(row, orderingCustomer(customer.next(), customers));
    columns.status.byte(total.status);
    columns.status.end(row);
    columns.totalPrice.set(row, total.cents);
    columns.orderDate.set(row, day);
    columns.priority.put(row, priority.next());
    columns.clerk.text(CLERK);
    columns.clerk.digits(clerk.next(), 9);
    columns.clerk.end(row);
    columns.shipPriority.set(row, 0);
    comment.next(columns.comment);
    columns.comment.end(row);
    lineStreams.endOrder();
    for (const stream of streams) stream.endRow();
  };

  return {
    fill(batch: Batch): void {
      const columns = columnsOf(batch);
      while (order < end && batch.rows < BATCH_ROWS) fillRow(columns, batch.rows++, orderKey(++order));
    },
  };
}
