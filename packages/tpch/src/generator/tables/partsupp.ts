/** PARTSUPP: four suppliers for each part. Seeds from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import type { Batch } from '../columns.ts';
import { supplierCount, SUPPLIERS_PER_PART } from '../scale.ts';
import { NumberStream, TextStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 124;

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  partKey: batch.int64(0),
  supplierKey: batch.int64(1),
  quantity: batch.int32(2),
  cost: batch.int64(3),
  comment: batch.string(4),
});

/** The key of a part's supplier number 0 to 3 (clause 4.2.3, PS_SUPPKEY). */
export function partSupplier(partKey: number, number: number, suppliers: number): number {
  const stride = Math.floor(suppliers / SUPPLIERS_PER_PART) + Math.floor((partKey - 1) / suppliers);
  return ((partKey + number * stride) % suppliers) + 1;
}

export function partsuppSource({ scaleFactor, range, pool }: SourceOptions): TableSource {
  const { first } = range;
  const suppliers = supplierCount(scaleFactor);
  const quantity = new NumberStream(1_671_059_989, 1, 9999, first, SUPPLIERS_PER_PART);
  const cost = new NumberStream(1_051_288_424, 100, 100_000, first, SUPPLIERS_PER_PART);
  const comment = new TextStream(1_961_692_154, pool, COMMENT_AVERAGE, first, SUPPLIERS_PER_PART);
  const streams = [quantity, cost, comment];
  const end = first + range.count;
  let part = first;
  let number = 0;

  return {
    fill(batch: Batch): void {
      const columns = columnsOf(batch);
      while (part < end && batch.rows < BATCH_ROWS) {
        const row = batch.rows++;
        columns.partKey.set(row, part + 1);
        columns.supplierKey.set(row, partSupplier(part + 1, number, suppliers));
        columns.quantity.set(row, quantity.next());
        columns.cost.set(row, cost.next());
        comment.next(columns.comment);
        columns.comment.end(row);
        if (++number < SUPPLIERS_PER_PART) continue;
        number = 0;
        part++;
        for (const stream of streams) stream.endRow();
      }
    },
  };
}
