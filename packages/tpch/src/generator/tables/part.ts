/** PART. Seeds from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch } from '../columns.ts';
import { COLORS, CONTAINERS, PART_TYPES } from '../distributions.ts';
import { NumberStream, ShuffledWordsStream, TextStream, WordStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 14;
const NAME_WORDS = 5;
const MANUFACTURER = textView('Manufacturer#');
const BRAND = textView('Brand#');

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  key: batch.int64(0),
  name: batch.string(1),
  manufacturer: batch.string(2),
  brand: batch.string(3),
  type: batch.string(4),
  size: batch.int32(5),
  container: batch.string(6),
  retailPrice: batch.int64(7),
  comment: batch.string(8),
});
type Columns = ReturnType<typeof columnsOf>;

/** P_RETAILPRICE in cents, a function of the key (clause 4.2.3). */
export const retailPrice = (partKey: number): number => 90_000 + (Math.floor(partKey / 10) % 20_001) + 100 * (partKey % 1000);

export function partSource({ range, pool }: SourceOptions): TableSource {
  const { first } = range;
  const name = new ShuffledWordsStream(709_314_158, COLORS, NAME_WORDS, first);
  const manufacturer = new NumberStream(1, 1, 5, first);
  const brand = new NumberStream(46_831_694, 1, 5, first);
  const type = new WordStream(1_841_581_359, PART_TYPES, first);
  const size = new NumberStream(1_193_163_244, 1, 50, first);
  const container = new WordStream(727_633_698, CONTAINERS, first);
  const comment = new TextStream(804_159_733, pool, COMMENT_AVERAGE, first);
  const streams = [name, manufacturer, brand, type, size, container, comment];
  const end = first + range.count;
  let part = first;

  const fillRow = (columns: Columns, row: number, key: number): void => {
    const maker = manufacturer.next();
    columns.key.set(row, key);
    name.next(columns.name);
    columns.name.end(row);
    columns.manufacturer.text(MANUFACTURER);
    columns.manufacturer.digits(maker, 1);
    columns.manufacturer.end(row);
    columns.brand.text(BRAND);
    columns.brand.digits(maker * 10 + brand.next(), 2);
    columns.brand.end(row);
    columns.type.put(row, type.next());
    columns.size.set(row, size.next());
    columns.container.put(row, container.next());
    columns.retailPrice.set(row, retailPrice(key));
    comment.next(columns.comment);
    columns.comment.end(row);
    for (const stream of streams) stream.endRow();
  };

  return {
    fill(batch: Batch): void {
      const columns = columnsOf(batch);
      while (part < end && batch.rows < BATCH_ROWS) fillRow(columns, batch.rows++, ++part);
    },
  };
}
