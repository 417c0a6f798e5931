/** The generator of each table. */
import { Batch } from './columns.ts';
import type { TableName } from './schema.ts';
import type { SourceOptions, TableSource } from './table-source.ts';
import { customerSource } from './tables/customer.ts';
import { lineitemSource } from './tables/lineitem.ts';
import { nationSource } from './tables/nation.ts';
import { ordersSource } from './tables/orders.ts';
import { partSource } from './tables/part.ts';
import { partsuppSource } from './tables/partsupp.ts';
import { regionSource } from './tables/region.ts';
import { supplierSource } from './tables/supplier.ts';

const SOURCES: Readonly<Record<TableName, (options: SourceOptions) => TableSource>> = {
  region: regionSource,
  nation: nationSource,
  supplier: supplierSource,
  customer: customerSource,
  part: partSource,
  partsupp: partsuppSource,
  orders: ordersSource,
  lineitem: lineitemSource,
};

/** Batch after batch; it is one object that is filled again, so use a batch before asking for the next. */
export function* batches(table: TableName, options: SourceOptions): Generator<Batch, void, undefined> {
  const source = SOURCES[table](options);
  const batch = new Batch(table);
  for (;;) {
    batch.clear();
    source.fill(batch);
    if (batch.rows === 0) return;
    yield batch;
  }
}
