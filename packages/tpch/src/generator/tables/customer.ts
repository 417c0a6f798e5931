/** CUSTOMER. Seeds from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch } from '../columns.ts';
import { MARKET_SEGMENTS, NATIONS } from '../distributions.ts';
import { AddressStream, NumberStream, PhoneStream, TextStream, WordStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 73;
const NAME = textView('Customer#');

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  key: batch.int64(0),
  name: batch.string(1),
  address: batch.string(2),
  nationKey: batch.int64(3),
  phone: batch.string(4),
  balance: batch.int64(5),
  segment: batch.string(6),
  comment: batch.string(7),
});
type Columns = ReturnType<typeof columnsOf>;

export function customerSource({ range, pool }: SourceOptions): TableSource {
  const { first } = range;
  const address = new AddressStream(881_155_353, first);
  const nation = new NumberStream(1_489_529_863, 0, NATIONS.length - 1, first);
  const phone = new PhoneStream(1_521_138_112, first);
  const balance = new NumberStream(298_370_230, -99_999, 999_999, first);
  const segment = new WordStream(1_140_279_430, MARKET_SEGMENTS, first);
  const comment = new TextStream(1_335_826_707, pool, COMMENT_AVERAGE, first);
  const streams = [address, nation, phone, balance, segment, comment];
  const end = first + range.count;
  let customer = first;

  const fillRow = (columns: Columns, row: number, key: number): void => {
    const nationKey = nation.next();
    columns.key.set(row, key);
    columns.name.text(NAME);
    columns.name.digits(key, 9);
    columns.name.end(row);
    address.next(columns.address);
    columns.address.end(row);
    columns.nationKey.set(row, nationKey);
    phone.next(columns.phone, nationKey);
    columns.phone.end(row);
    columns.balance.set(row, balance.next());
    columns.segment.put(row, segment.next());
    comment.next(columns.comment);
    columns.comment.end(row);
    for (const stream of streams) stream.endRow();
  };

  return {
    fill(batch: Batch): void {
      const columns = columnsOf(batch);
      while (customer < end && batch.rows < BATCH_ROWS) fillRow(columns, batch.rows++, ++customer);
    },
  };
}
